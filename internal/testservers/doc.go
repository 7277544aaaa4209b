// Package testservers starts real Redis, PostgreSQL, MariaDB and MySQL servers for
// tests: as children of the test binary, on free loopback ports, with their data in a
// temporary folder. No server outlives the binary, not even one that is killed.
//
//	redis := testservers.RedisShared(t)                 // one per test binary, fast settings
//	url := testservers.PostgresShared(t).NewDatabase(t) // a database of this test's own
//	pg := testservers.Postgres(t, testservers.PostgresOptions{Fsync: true})
//	pg.Kill(); pg.Start()                               // a crash, and the restart on the same data
//
// # Binaries
//
// A binary is looked for in an environment variable (JOBGEN_REDIS_SERVER, JOBGEN_POSTGRES,
// JOBGEN_INITDB, JOBGEN_MARIADBD, JOBGEN_MARIADB_INSTALL_DB, JOBGEN_MYSQLD, JOBGEN_PGBOUNCER),
// in the folders where distributions keep several versions, and in PATH. A test whose
// server is missing is skipped, and fails where CI=true. Real MySQL alone is always
// optional. Valkey runs in the place of Redis when JOBGEN_REDIS_SERVER names it.
//
// # Folders
//
// A server of one test removes its folder when the test ends. Shared servers live as
// long as the binary; [Main] removes their folder, and what a killed binary left is
// removed by the next one that starts a server.
package testservers
