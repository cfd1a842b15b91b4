//go:build linux

package cluster

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const (
	etcdURL = "http://127.0.0.1:2379"
	peerURL = "http://127.0.0.1:2380"
	apiURL  = "https://127.0.0.1:6443"
	// serverName is one that the server's own certificate has; it has no loopback address.
	serverName = "kubernetes"
)

func (c *Cluster) file(name string) string { return filepath.Join(c.dir.path, name) }

func (c *Cluster) kubeconfig() string { return c.file("kubeconfig") }

func (c *Cluster) certificate() string { return c.file("certificates/apiserver.crt") }

// startServers starts etcd and the API server on the loopback of the node, with ports that no other run sees.
func (c *Cluster) startServers(etcd, server string) (err error) {
	token, err := c.secrets()
	if err != nil {
		return err
	}
	c.etcd, err = c.node.serve(etcd, "--data-dir", c.file("etcd"), "--log-level", "warn",
		"--listen-client-urls", etcdURL, "--advertise-client-urls", etcdURL, "--listen-peer-urls", peerURL,
		"--initial-advertise-peer-urls", peerURL, "--initial-cluster", "default="+peerURL,
		"--unsafe-no-fsync") // the data does not outlive the run
	if err != nil {
		return err
	}
	c.api, err = c.node.serve(server, "--etcd-servers", etcdURL,
		"--bind-address", "127.0.0.1", "--secure-port", "6443", "--cert-dir", c.file("certificates"),
		"--advertise-address", "192.0.2.10", // it refuses to advertise a loopback address
		"--service-account-issuer", "https://kubernetes.default.svc",
		"--service-account-key-file", c.file("key"), "--service-account-signing-key-file", c.file("key"),
		"--token-auth-file", c.file("tokens"), "--authorization-mode", "RBAC",
		"--service-cluster-ip-range", "10.96.0.0/16", "--endpoint-reconciler-type", "none",
		"--disable-admission-plugins", "ServiceAccount") // no controller makes the accounts that it asks for
	if err != nil {
		return err
	}
	config := &rest.Config{
		Host: apiURL, BearerToken: token, QPS: -1,
		TLSClientConfig: rest.TLSClientConfig{CAFile: c.certificate(), ServerName: serverName},
		Dial:            c.dial,
	}
	return c.api.await(60*time.Second, func() error {
		if err := c.etcd.ended(); err != nil {
			return err
		}
		if c.Client, err = kubernetes.NewForConfig(config); err != nil {
			return err // the certificate is not written yet
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		return c.Client.CoreV1().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	})
}

// dial connects to the API server from within the node.
func (c *Cluster) dial(ctx context.Context, network, address string) (conn net.Conn, err error) {
	err = c.node.do(func() error {
		var d net.Dialer
		conn, err = d.DialContext(ctx, network, address)
		return err
	})
	return conn, err
}

// secrets writes what the API server and its clients know each other by, and returns the token.
func (c *Cluster) secrets() (string, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return "", err
	}
	token := rand.Text()
	for name, text := range map[string]string{
		"key":    string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})),
		"tokens": token + ",admin,admin,system:masters\n",
		"kubeconfig": fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: e2e, cluster: {server: "%s", certificate-authority: "%s", tls-server-name: "%s"}}]
users: [{name: admin, user: {token: "%s"}}]
contexts: [{name: e2e, context: {cluster: e2e, user: admin}}]
current-context: e2e
`, apiURL, c.certificate(), serverName, token),
	} {
		if err := os.WriteFile(c.file(name), []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	return token, nil
}
