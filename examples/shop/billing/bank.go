// Package billing takes the shop's money and accounts for it.
package billing

import (
	"context"
	"errors"
	"fmt"
)

// ErrDeclined is the bank's answer to a card that it does not take.
var ErrDeclined = errors.New("card declined")

// Bank stands in for a payment provider.
type Bank struct{}

// Charge takes an amount from a card; it declines the card named "expired". The key
// names the charge: the bank takes the money once, however often it is asked.
func (Bank) Charge(ctx context.Context, key, card string, _ int64) (reference string, err error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if card == "expired" {
		return "", fmt.Errorf("charge %s: %w", key, ErrDeclined)
	}
	return "bank-" + key, nil
}
