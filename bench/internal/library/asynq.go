package library

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gojobgen/jobgen/bench/jobs"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

var (
	asynqDefault   = asynqWith("asynq", "defaults", asynq.Config{}, 1)
	asynqTuned     = asynqWith("asynq-tuned", "TaskCheckInterval 1 ms, one Server", asynqFast, 1)
	asynqServers4  = asynqWith("asynq-servers-4", "TaskCheckInterval 1 ms, 4 Servers", asynqFast, 4)
	asynqServers10 = asynqWith("asynq-servers-10", "TaskCheckInterval 1 ms, 10 Servers", asynqFast, 10)
	asynqFast      = asynq.Config{TaskCheckInterval: time.Millisecond, DelayedTaskCheckInterval: time.Second}
)

// taskType is asynq's name for the job.
const taskType = "confirm"

// asynqWith is asynq with a configuration; servers share the workers.
func asynqWith(name, settings string, cfg asynq.Config, servers int) Library {
	return Library{Name: name, Settings: "asynq v0.26, " + settings, open: func(_ context.Context, s Setup) (Instance, error) {
		i := &asynqInstance{cfg: cfg, servers: servers, rdb: redisClient(s)}
		if i.work = i.rdb; !s.OneStore {
			i.work = redisClient(s)
		}
		i.client = asynq.NewClientFromRedisClient(i.rdb)
		i.inspector = asynq.NewInspectorFromRedisClient(i.rdb)
		return i, nil
	}}
}

type asynqInstance struct {
	cfg       asynq.Config
	servers   int
	rdb, work redis.UniversalClient
	client    *asynq.Client
	inspector *asynq.Inspector
}

func (i *asynqInstance) Close() error {
	err := i.rdb.Close()
	if i.work != i.rdb {
		err = errors.Join(err, i.work.Close())
	}
	return err
}

func (i *asynqInstance) Enqueue(ctx context.Context, o jobs.Order) error { return i.enqueue(ctx, o) }

func (i *asynqInstance) enqueue(ctx context.Context, o jobs.Order, opts ...asynq.Option) error {
	data, err := json.Marshal(o)
	if err != nil {
		return err
	}
	_, err = i.client.EnqueueContext(ctx, asynq.NewTask(taskType, data), opts...)
	return err
}

// EnqueueMany enqueues one by one from 16 goroutines: this version has no call for many.
func (i *asynqInstance) EnqueueMany(ctx context.Context, os []jobs.Order) error {
	return i.many(ctx, os)
}

func (i *asynqInstance) Schedule(ctx context.Context, at time.Time, os []jobs.Order) error {
	return i.many(ctx, os, asynq.ProcessAt(at))
}

func (i *asynqInstance) many(ctx context.Context, os []jobs.Order, opts ...asynq.Option) error {
	const callers = 16
	errs := make([]error, callers)
	var wg sync.WaitGroup
	for n := range callers {
		wg.Go(func() {
			for at := n; at < len(os) && errs[n] == nil; at += callers {
				errs[n] = i.enqueue(ctx, os[at], opts...)
			}
		})
	}
	wg.Wait()
	return cmp.Or(errs...) // one says it for all
}

func (i *asynqInstance) ScheduledLeft(context.Context) (bool, error) {
	info, err := i.inspector.GetQueueInfo(DefaultQueue)
	if err != nil {
		return false, err
	}
	return info.Scheduled > 0, nil
}

// List has nothing to read: finished tasks are deleted unless each asks to be kept.
func (i *asynqInstance) List(context.Context) error { return ErrCannot }

func (i *asynqInstance) Serve(ctx context.Context, o ServeOptions) (func() error, error) {
	cfg := i.cfg
	cfg.LogLevel, cfg.Queues = asynq.FatalLevel, map[string]int{DefaultQueue: 1}
	if len(o.Queues) > 0 {
		cfg.Queues = make(map[string]int)
	}
	for _, q := range o.Queues {
		cfg.Queues[q] = 1
	}
	handler := asynq.HandlerFunc(func(_ context.Context, t *asynq.Task) error {
		var order jobs.Order
		if err := json.Unmarshal(t.Payload(), &order); err != nil {
			return err
		}
		o.Run(order)
		return nil
	})
	var stops []func()
	stop := func() error {
		var wg sync.WaitGroup
		for _, f := range stops {
			wg.Go(f)
		}
		wg.Wait()
		return nil
	}
	for range i.servers {
		cfg.Concurrency = max(o.Workers/i.servers, 1)
		server := asynq.NewServerFromRedisClient(i.work, cfg)
		if err := server.Start(handler); err != nil {
			return nil, errors.Join(err, stop())
		}
		stops = append(stops, server.Shutdown)
	}
	if o.Recurring > 0 {
		end, err := i.recur(o)
		if err != nil {
			return nil, errors.Join(err, stop())
		}
		stops = append(stops, end)
	}
	return stop, nil
}

// recur starts asynq's scheduler, which enqueues from memory: two of them would
// enqueue everything twice.
func (i *asynqInstance) recur(o ServeOptions) (func(), error) {
	s := asynq.NewSchedulerFromRedisClient(i.work, &asynq.SchedulerOpts{LogLevel: asynq.FatalLevel})
	for n := range o.Recurring {
		data, err := json.Marshal(jobs.NewOrder(n))
		if err != nil {
			return nil, err
		}
		if _, err := s.Register(fmt.Sprintf("@every %s", o.Every), asynq.NewTask(taskType, data)); err != nil {
			return nil, err
		}
	}
	if err := s.Start(); err != nil {
		return nil, err
	}
	return s.Shutdown, nil
}
