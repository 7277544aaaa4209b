package sqlcore

import (
	"fmt"
	"maps"
)

// names are what many jobs share and few change: queues, shapes and pauses, as of one
// generation of the database.
type names struct {
	generation int64
	queues     map[int]*queueName
	queueNo    map[string]int
	shapes     map[int]*shape
	shapeNo    map[shapeKey]int
	paused     map[string]string // kinds, with who paused them
}

type queueName struct {
	no       int
	name     string
	paused   bool
	pausedBy string
}

// A shape is what the jobs of one kind in one queue have in common.
type shape struct {
	no          int
	queue       *queueName
	kind        string
	fingerprint string
}

type shapeKey struct{ queue, kind, fingerprint string }

// The first shapes have a shelf in the lists each; later ones share, so that a list
// over all of them stays a merge of few. Names without number, such as a queue for
// each customer, end on shared shelves.
const (
	ownShelves    = 192
	sharedShelves = 64
)

func shelfOf(shape int) int {
	if shape < ownShelves {
		return shape
	}
	return ownShelves + shape%sharedShelves
}

var (
	sqlQueueNames  = sqlText(`SELECT no, name, paused, paused_by FROM jg_queue`).scans("a row for each queue")
	sqlShapes      = sqlText(`SELECT no, queue, kind, fingerprint FROM jg_shape`).scans("a row for each kind of a queue")
	sqlPausedKinds = sqlText(`SELECT kind, by FROM jg_paused_kind`).scans("a row for each paused kind")
	sqlGeneration  = sqlText(`SELECT generation FROM jg_meta WHERE one = 1`)
	sqlAddQueue    = sqlText(`INSERT INTO jg_queue (no, name) VALUES (?, ?)`)
	sqlAddShape    = sqlText(`INSERT INTO jg_shape (no, queue, kind, fingerprint) VALUES (?, ?, ?, ?)`)
)

func loadNames(l Link, generation int64) (*names, error) {
	n := &names{
		generation: generation,
		queues:     make(map[int]*queueName), queueNo: make(map[string]int),
		shapes: make(map[int]*shape), shapeNo: make(map[shapeKey]int),
		paused: make(map[string]string),
	}
	err := each(l, func(r *rows) error {
		n.addQueue(&queueName{r.int(0), r.str(1), r.bool(2), r.str(3)})
		return nil
	}, sqlQueueNames)
	if err != nil {
		return nil, err
	}
	err = each(l, func(r *rows) error {
		queue := n.queues[r.int(1)]
		if queue == nil {
			return fmt.Errorf("shape %d is of queue %d, which does not exist: the tables are damaged", r.int(0), r.int(1))
		}
		n.addShape(&shape{r.int(0), queue, r.str(2), r.str(3)})
		return nil
	}, sqlShapes)
	if err != nil {
		return nil, err
	}
	return n, each(l, func(r *rows) error {
		n.paused[r.str(0)] = r.str(1)
		return nil
	}, sqlPausedKinds)
}

// namesFor gives readers the names of the moment that l sees.
func (s *Store) namesFor(l Link) (*names, error) {
	var generation int64
	if _, err := one(l, func(r *rows) { generation = r.int64(0) }, sqlGeneration); err != nil {
		return nil, err
	}
	if known := s.seen.Load(); known != nil && known.generation == generation {
		return known, nil
	}
	known, err := loadNames(l, generation)
	if err == nil {
		s.seen.Store(known)
	}
	return known, err
}

func (n *names) addQueue(q *queueName) {
	n.queues[q.no] = q
	n.queueNo[q.name] = q.no
}

func (n *names) addShape(s *shape) {
	n.shapes[s.no] = s
	n.shapeNo[shapeKey{s.queue.name, s.kind, s.fingerprint}] = s.no
}

// clone is a copy that a transaction may add to.
func (n *names) clone() *names {
	c := *n
	c.queues, c.queueNo = maps.Clone(n.queues), maps.Clone(n.queueNo)
	c.shapes, c.shapeNo = maps.Clone(n.shapes), maps.Clone(n.shapeNo)
	c.paused = maps.Clone(n.paused)
	return &c
}

// queueOf is the queue of a name, which is stored where it is new.
func (t *tx) queueOf(name string) (*queueName, error) {
	if no, ok := t.names.queueNo[name]; ok {
		return t.names.queues[no], nil
	}
	q := &queueName{no: len(t.names.queues) + 1, name: name}
	if _, err := t.Exec(sqlAddQueue, q.no, name); err != nil {
		return nil, err
	}
	t.names.addQueue(q)
	t.renamed()
	return q, nil
}

// shapeOf is the shape of these names, which is stored where it is new.
func (t *tx) shapeOf(queue, kind, fingerprint string) (*shape, error) {
	if no, ok := t.names.shapeNo[shapeKey{queue, kind, fingerprint}]; ok {
		return t.names.shapes[no], nil
	}
	q, err := t.queueOf(queue)
	if err != nil {
		return nil, err
	}
	s := &shape{len(t.names.shapes) + 1, q, kind, fingerprint}
	if _, err := t.Exec(sqlAddShape, s.no, q.no, kind, fingerprint); err != nil {
		return nil, err
	}
	t.names.addShape(s)
	t.renamed()
	return s, nil
}

// renamed makes the caches of other processes void.
func (t *tx) renamed() {
	t.meta.Generation++
	t.names.generation = t.meta.Generation
}
