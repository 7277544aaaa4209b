package testservers

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"
)

// flavour is what MariaDB and MySQL do differently: how the data folder is made.
type flavour struct {
	name   string
	server func() (string, error)
	create func(server, data string) (*exec.Cmd, error)
	first  string // statements that the server runs when it starts
	extra  []string
}

var mariadb = flavour{
	name: "mariadb",
	server: func() (string, error) {
		return find("JOBGEN_MARIADBD", nil, "mariadbd")
	},
	create: func(_, data string) (*exec.Cmd, error) {
		install, err := find("JOBGEN_MARIADB_INSTALL_DB", nil, "mariadb-install-db", "mysql_install_db")
		return exec.Command(install, "--no-defaults", "--datadir="+data, "--skip-test-db",
			"--auth-root-authentication-method=normal", "--skip-name-resolve"), err
	},
}

var realMySQL = flavour{
	name:   "mysql",
	server: findMySQL,
	create: func(server, data string) (*exec.Cmd, error) {
		return exec.Command(server, "--no-defaults", "--initialize-insecure", "--datadir="+data), nil
	},
	// Its only account is that of a host by name, and names are not looked up.
	first: "CREATE USER IF NOT EXISTS root@'" + loopback + "';\nGRANT ALL ON *.* TO root@'" + loopback + "' WITH GRANT OPTION;\n",
	extra: []string{"--mysqlx=OFF", "--secure-file-priv=NULL"},
}

// findMySQL finds a real MySQL: distributions call MariaDB mysqld too.
func findMySQL() (string, error) {
	path, err := find("JOBGEN_MYSQLD", nil, "mysqld")
	if err != nil {
		return "", err
	}
	version, err := exec.Command(path, "--no-defaults", "--version").CombinedOutput()
	if err != nil || strings.Contains(string(version), "MariaDB") {
		return "", fmt.Errorf("testservers: %s is no MySQL: MySQL is %w: set JOBGEN_MYSQLD", path, errMissing)
	}
	return path, nil
}

func startMySQL(f flavour, o MySQLOptions) (*MySQLServer, error) {
	var port int
	s, err := launch(1, func(ports []int) (*Server, error) {
		port = ports[0]
		return f.prepare(port, o)
	})
	if err != nil {
		return nil, err
	}
	return &MySQLServer{Server: s, port: port}, nil
}

// prepare makes the data folder. The server does not change its user by itself: that
// would clear the parent-death signal.
func (f flavour) prepare(port int, o MySQLOptions) (*Server, error) {
	binary, err := f.server()
	if err != nil {
		return nil, err
	}
	as, err := account("mysql")
	if err != nil {
		return nil, err
	}
	dir, err := newFolder(f.name, o.Folder, as)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	cmd, err := f.create(binary, data)
	if err != nil {
		return nil, err
	}
	cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Credential: as, Pdeathsig: syscall.SIGKILL}
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("testservers: make the data folder of %s: %w: %s", f.name, err, out)
	}
	args := append(mysqlArgs(data, port, o), f.extra...)
	if f.first != "" {
		first := filepath.Join(dir, "first.sql")
		if err := os.WriteFile(first, []byte(f.first), 0o644); err != nil {
			return nil, fmt.Errorf("testservers: %w", err)
		}
		args = append(args, "--init-file="+first)
	}
	args = append(args, o.Args...)
	return &Server{
		name: f.name, dir: dir, as: as, stop: stopByTerm,
		command: func() *exec.Cmd {
			cmd := exec.Command(binary, args...)
			cmd.Dir = dir
			return cmd
		},
		ready: func(ctx context.Context) error { return mysqlPing(ctx, port) },
	}, nil
}

func mysqlArgs(data string, port int, o MySQLOptions) []string {
	flush := "0"
	if o.Sync {
		flush = "1"
	}
	return []string{"--no-defaults", "--datadir=" + data, "--port=" + strconv.Itoa(port), "--bind-address=" + loopback,
		"--socket=server.sock", // relative to the data: long paths are refused
		"--pid-file=server.pid", "--tmpdir=" + data, "--skip-name-resolve", "--max-connections=200",
		"--character-set-server=utf8mb4", "--innodb-buffer-pool-size=64M",
		"--innodb-flush-log-at-trx-commit=" + flush}
}

// mysqlPing tries a connection, quietly: the driver logs what fails while a server starts.
func mysqlPing(ctx context.Context, port int) error {
	cfg, err := mysql.ParseDSN(mysqlDSN(port, "mysql"))
	if err != nil {
		return err
	}
	cfg.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	return db.PingContext(ctx)
}
