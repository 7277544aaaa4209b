package readmetest

import (
	"context"
	"testing"
	"time"

	"github.com/gojobgen/jobgen/examples/shop/billing"
	"github.com/gojobgen/jobgen/runtime"
	"github.com/gojobgen/jobgen/runtime/runtimetest"
	"github.com/gojobgen/jobgen/storage/memstore"
)

type fakeBilling struct{ billing.Billing }

func (fakeBilling) ProcessPayment(_ context.Context, orderID int64) (billing.Payment, error) {
	return billing.Payment{OrderID: orderID}, nil
}

// checkout is code that enqueues.
func checkout(ctx context.Context, bills *billing.BillingClient, orderID int64) error {
	_, err := bills.EnqueueProcessPayment(ctx, orderID)
	return err
}

// TestCheckout is how README tests what enqueues.
func TestCheckout(t *testing.T) {
	ctx := t.Context()
	rec := runtimetest.NewRecorder()
	checkout(ctx, billing.NewBillingClient(rec), 42)
	runtimetest.RequireEnqueued(t, rec, billing.ProcessPaymentJob(42))
}

// TestPayment is how README tests a whole flow.
func TestPayment(t *testing.T) {
	ctx, dispatcher := t.Context(), runtime.NewDispatcher()
	billing.RegisterBilling(dispatcher, fakeBilling{})

	store := memstore.New()
	client := runtime.NewClient(store)
	payment, err := billing.NewBillingClient(client).ScheduleProcessPayment(ctx, runtime.In(time.Hour), 42)
	if err != nil {
		t.Fatal(err)
	}
	runtimetest.Drain(t, store, dispatcher, runtimetest.Scheduled())
	paid, err := runtime.Result(ctx, client, payment)
	if err != nil || paid.OrderID != 42 {
		t.Errorf("payment %v, %v", paid, err)
	}
}
