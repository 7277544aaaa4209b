// Package jobs is what the benchmark's services do in the background: the jobs that
// every library runs. jobs_gen.go is what jobgen makes of it, as in any service.
package jobs

import (
	"context"
	"fmt"
)

//go:generate go tool jobgen

// Orders is a shop's work on its orders.
//
//job:queue default
type Orders interface {
	// Confirm does nothing and answers with the order's number, so that a result is
	// stored for each job.
	Confirm(ctx context.Context, orderID, sentAt int64, customer, note string) (int64, error)
}

// Order is the arguments of a job, the same for every library: about 115 bytes of JSON.
type Order struct {
	OrderID  int64  `json:"orderID"`
	SentAt   int64  `json:"sentAt"` // nanoseconds since 1970, when the enqueue was called
	Customer string `json:"customer"`
	Note     string `json:"note"`
}

// Kind is River's name for the job.
func (Order) Kind() string { return "confirm" }

// NewOrder makes order n.
func NewOrder(n int) Order {
	return Order{OrderID: int64(n), Customer: fmt.Sprintf("customer-%06d@example.com", n%1000000), Note: "leave it at the door"}
}

// NewOrders makes n orders, numbered from the first.
func NewOrders(first, n int) []Order {
	orders := make([]Order, n)
	for i := range orders {
		orders[i] = NewOrder(first + i)
	}
	return orders
}
