// Package storagetest is the specification of package storage in running form: the
// conformance suite that every store passes. A store's author runs it from a test:
//
//	func TestStore(t *testing.T) {
//		storagetest.Run(t, storagetest.Harness{
//			Open: func(t *testing.T) storage.Store {
//				store, err := sqlitestore.Open(filepath.Join(t.TempDir(), "jobs.db"))
//				if err != nil {
//					t.Fatal(err)
//				}
//				t.Cleanup(func() { store.Close() })
//				return store
//			},
//			Reopen:   reopenSameFile,
//			Synctest: true,
//			Durable:  true,
//		})
//	}
//
// Every test opens a store of its own and needs nothing of the one before, so
// -run finds a single one:
//
//	go test ./storage/memstore -run 'TestStore/fetch/a_repeated_call'
//
// # Time
//
// Leases, due times, expiry, retention and rates need time to pass. A store on Go's
// clock sets Synctest: each test then runs in a testing/synctest bubble, where thirty
// days take no time. A store on a server's clock gives Advance, which moves the clock
// of that store alone (an offset added to the server's clock will do). With neither
// time really passes: tests that need a few seconds wait for them and tests that need
// more are skipped, so such a harness proves less.
//
// # Failures
//
// A failure says what the contract expects, why, and what the store did. The text of
// package storage decides; where it leaves a choice, no test asks for either.
package storagetest
