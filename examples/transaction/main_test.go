package main

func Example() {
	main()
	// Output:
	// rolled back: orders 0, jobs 0
	// committed: orders 1, jobs 1
	// confirmation sent for order 1
}
