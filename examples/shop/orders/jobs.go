package orders

import "context"

// Orders works on orders that were placed.
type Orders interface {
	// Fulfil has the goods packed and sent.
	//
	//job:timeout 5m
	//job:display "Fulfil order {orderID}"
	Fulfil(ctx context.Context, orderID int64) error

	// Archive puts an order away. Nobody waits for it.
	//
	//job:queue low
	//job:priority 3
	Archive(ctx context.Context, orderID int64) error

	// WarmCache reads what the next visitors will ask for.
	//
	//job:expires 10m
	//job:retry 0
	WarmCache(ctx context.Context) error
}
