package readmetest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gojobgen/jobgen/examples/shop/billing"
	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/storage/memstore"
)

type fakeBilling struct{ billing.Billing }

func (fakeBilling) ProcessPayment(_ context.Context, orderID int64) (billing.Payment, error) {
	return billing.Payment{OrderID: orderID}, nil
}

// TestPayment is how README shows a test of what enqueues.
func TestPayment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		client := runtime.NewClient(store)
		d := runtime.NewDispatcher()
		billing.RegisterBilling(d, fakeBilling{})
		ctx, stop := context.WithCancel(t.Context())
		go runtime.NewServer(store, d, runtime.ServerOptions{}).Run(ctx)

		h, err := billing.NewBillingClient(client).ScheduleProcessPayment(ctx, runtime.In(time.Hour), 42)
		if err != nil {
			t.Fatal(err)
		}
		payment, err := runtime.Await(ctx, client, h)
		if err != nil || payment.OrderID != 42 {
			t.Errorf("payment %v, %v", payment, err)
		}
		stop()
	})
}
