// Package sqlcore is what the stores in SQL databases share: the contract of package
// storage as steps on rows, inside transactions that a [Driver] opens. Each database adds
// its way to connect, to lock and to write SQL, and hot paths for plain jobs (see hot.go).
package sqlcore
