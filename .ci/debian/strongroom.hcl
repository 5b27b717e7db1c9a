# Strongroom's configuration. Check it with: strongroom operator validate-config /etc/strongroom.d
storage "sqlite" {
  path = "/var/lib/strongroom"
}

listener "tcp" {
  address       = "127.0.0.1:8200"
  tls_cert_file = "/etc/strongroom.d/tls/cert.pem"
  tls_key_file  = "/etc/strongroom.d/tls/key.pem"
}
