//go:build race

package host_test

// raced says that the race detector is in this process: it keeps a shadow of all
// memory that was ever touched, so what is resident tells nothing.
const raced = true
