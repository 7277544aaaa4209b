package testservers

import (
	"fmt"
	"net"
	"strconv"
)

const loopback = "127.0.0.1"

// freePorts finds n ports that nobody listens on. Another process can take one before
// the server does: whoever starts a server tries again with others.
func freePorts(n int) ([]int, error) {
	ports := make([]int, 0, n)
	for range n {
		l, err := net.Listen("tcp", loopback+":0")
		if err != nil {
			return nil, fmt.Errorf("testservers: look for a free port: %w", err)
		}
		defer func() { _ = l.Close() }() // all at the end, so that no port comes twice
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

func addr(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }

// attempts is how often a first start is tried, each time on other ports.
const attempts = 5

// launch prepares a server on free ports and starts it.
func launch(ports int, prepare func(ports []int) (*Server, error)) (*Server, error) {
	var failure error
	for range attempts {
		free, err := freePorts(ports)
		if err != nil {
			return nil, err
		}
		s, err := prepare(free)
		if err != nil {
			return nil, err
		}
		if failure = s.Start(); failure == nil {
			return s, nil
		}
		failure = fmt.Errorf("%w; its log:\n%s", failure, s.Log())
		s.discard()
	}
	return nil, failure
}
