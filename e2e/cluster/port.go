//go:build linux

package cluster

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Port is a port that hosts serve and connect to.
type Port struct {
	Number int
	UDP    bool
}

// ParsePort reads 80 and 53/udp, as npgen writes them.
func ParsePort(text string) (Port, error) {
	number, udp := strings.CutSuffix(text, "/udp")
	n, err := strconv.Atoi(number)
	return Port{n, udp}, err
}

func (p Port) String() string {
	if p.UDP {
		return fmt.Sprintf("%d/udp", p.Number)
	}
	return strconv.Itoa(p.Number)
}

// serve answers on ports of both addresses with the name of the host, so that a client knows whom it has reached.
func (h *Host) serve(ports []Port) error {
	for _, p := range ports {
		for _, a := range []netip.Addr{h.V4, h.V6} {
			at := netip.AddrPortFrom(a, uint16(p.Number)).String()
			err := h.space.do(func() error {
				if p.UDP {
					conn, err := net.ListenPacket("udp", at)
					if err == nil {
						h.servers = append(h.servers, conn)
						go answerPackets(conn, h.Name)
					}
					return err
				}
				listener, err := net.Listen("tcp", at)
				if err == nil {
					h.servers = append(h.servers, listener)
					go answerConnections(listener, h.Name)
				}
				return err
			})
			if err != nil {
				return fmt.Errorf("%s serves %s: %w", h.Name, p, err)
			}
		}
	}
	return nil
}

func answerConnections(l net.Listener, name string) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return // closed
		}
		_, _ = io.WriteString(conn, name)
		conn.Close()
	}
}

func answerPackets(conn net.PacketConn, name string) {
	var question [16]byte
	for {
		_, from, err := conn.ReadFrom(question[:])
		if err != nil {
			return // closed
		}
		_, _ = conn.WriteTo([]byte(name), from)
	}
}
