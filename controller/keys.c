#include "controller/keys.h"

#include <arpa/inet.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/base/arena.h"
#include "lib/base/file.h"
#include "lib/mesh/token.h"

#define VALID_S	 (INT64_C(10) * 365 * 24 * 3600)
#define PEM_MAX	 65536
#define BACKDATE 3600 /* a machine's clock may be a little behind ours */

static int tls_fault(struct fault *f, const char *what, int rc)
{
	return fault_set(f, ERR_INVALID, "%s: %s", what, gnutls_strerror(rc));
}

/* ---- making ---- */

static int set_names(gnutls_x509_crt_t crt, const struct config *config)
{
	char host[TOKEN_URL_MAX + 1];
	int rc = 0;

	for (size_t i = 0; i < config->urls.n && rc == 0; i++) {
		unsigned flags = i == 0 ? GNUTLS_FSAN_SET : GNUTLS_FSAN_APPEND;
		uint8_t ip[16];

		config_url_host(config->urls.at[i], host, sizeof(host), NULL);
		if (inet_pton(AF_INET, host, ip) == 1)
			rc = gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, ip, 4,
								  flags);
		else if (inet_pton(AF_INET6, host, ip) == 1)
			rc = gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, ip, 16,
								  flags);
		else
			rc = gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, host,
								  (unsigned)strlen(host), flags);
	}
	return rc;
}

static int fill_certificate(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key,
			    const struct config *config)
{
	static const char name[] = "skein-controller";
	time_t now = time(NULL);
	uint8_t serial[16];
	int rc = gnutls_x509_crt_set_version(crt, 3);

	randombytes_buf(serial, sizeof(serial));
	serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40); /* positive, as RFC 5280 wants */
	if (rc >= 0)
		rc = gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
	if (rc >= 0)
		rc = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
						   sizeof(name) - 1);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_activation_time(crt, now - BACKDATE);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_expiration_time(crt, now + VALID_S);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_key(crt, key);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_basic_constraints(crt, 0, -1);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_SERVER, 0);
	if (rc >= 0)
		rc = set_names(crt, config);
	if (rc >= 0)
		rc = gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
	return rc;
}

static int write_in(const char *dir, const char *name, const void *data, size_t len, mode_t mode,
		    struct fault *f)
{
	char *path = NULL;
	int code;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		abort();
	code = file_write(path, data, len, mode, f);
	free(path);
	return code;
}

static int make_certificate(const struct config *config, const char *dir, struct fault *f)
{
	gnutls_datum_t crt_pem = {0}, key_pem = {0};
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crt_t crt = NULL;
	int rc, code = 0;

	rc = gnutls_x509_privkey_init(&key);
	if (rc >= 0)
		rc = gnutls_x509_crt_init(&crt);
	if (rc >= 0)
		rc = gnutls_x509_privkey_generate(
			key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	if (rc >= 0)
		rc = fill_certificate(crt, key, config);
	if (rc >= 0)
		rc = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &crt_pem);
	if (rc >= 0)
		rc = gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &key_pem);
	if (rc < 0)
		code = tls_fault(f, "making the certificate", rc);
	if (code == 0)
		code = write_in(dir, KEYS_CERTIFICATE, crt_pem.data, crt_pem.size, 0644, f);
	if (code == 0)
		code = write_in(dir, KEYS_TLS, key_pem.data, key_pem.size, 0600, f);
	if (key_pem.data != NULL)
		sodium_memzero(key_pem.data, key_pem.size);
	gnutls_free(crt_pem.data);
	gnutls_free(key_pem.data);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
	return code;
}

int keys_make(const struct config *config, const char *dir, struct fault *f)
{
	uint8_t public_key[crypto_sign_PUBLICKEYBYTES], signing[crypto_sign_SECRETKEYBYTES];
	int code;

	crypto_sign_keypair(public_key, signing);
	code = write_in(dir, KEYS_SIGNING, signing, sizeof(signing), 0600, f);
	sodium_memzero(signing, sizeof(signing));
	return code != 0 ? code : make_certificate(config, dir, f);
}

/* ---- loading ---- */

/* DER of a public key; it is what a certificate and its private key have in common. */
static int export_public(gnutls_pubkey_t key, int rc, const char *path, const char *what,
			 gnutls_datum_t *der, struct fault *f)
{
	if (rc >= 0)
		rc = gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, der);
	gnutls_pubkey_deinit(key);
	return rc >= 0 ? 0
		       : fault_set(f, ERR_INVALID, "%s: no %s in PEM (%s)", path, what,
				   gnutls_strerror(rc));
}

static int public_of_certificate(const struct buf *pem, const char *path, gnutls_datum_t *der,
				 struct fault *f)
{
	gnutls_datum_t text = {(unsigned char *)pem->data, (unsigned)pem->len};
	gnutls_pubkey_t key = NULL;
	gnutls_x509_crt_t crt = NULL;
	int rc = gnutls_x509_crt_init(&crt);

	if (rc >= 0)
		rc = gnutls_x509_crt_import(crt, &text, GNUTLS_X509_FMT_PEM);
	if (rc >= 0)
		rc = gnutls_pubkey_init(&key);
	if (rc >= 0)
		rc = gnutls_pubkey_import_x509(key, crt, 0);
	gnutls_x509_crt_deinit(crt);
	return export_public(key, rc, path, "certificate", der, f);
}

static int public_of_key(const struct buf *pem, const char *path, gnutls_datum_t *der,
			 struct fault *f)
{
	gnutls_datum_t text = {(unsigned char *)pem->data, (unsigned)pem->len};
	gnutls_pubkey_t key = NULL;
	gnutls_privkey_t private = NULL;
	int rc = gnutls_privkey_init(&private);

	if (rc >= 0)
		rc = gnutls_privkey_import_x509_raw(private, &text, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (rc >= 0)
		rc = gnutls_pubkey_init(&key);
	if (rc >= 0)
		rc = gnutls_pubkey_import_privkey(key, private, 0, 0);
	gnutls_privkey_deinit(private);
	return export_public(key, rc, path, "private key", der, f);
}

static int refuse_readable(const char *path, struct fault *f)
{
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & 077) != 0)
		return fault_set(f, ERR_PRIVILEGE, "%s: mode %04o lets others read it, want 0600",
				 path, (unsigned)st.st_mode & 07777);
	return 0;
}

/* The second half is the public key, which follows from the first. */
static bool is_signing_key(const struct buf *bytes)
{
	uint8_t public_key[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
	bool good = bytes->len == sizeof(secret);

	if (good) {
		crypto_sign_seed_keypair(public_key, secret, (const uint8_t *)bytes->data);
		good = sodium_memcmp(secret, bytes->data, sizeof(secret)) == 0;
		sodium_memzero(secret, sizeof(secret));
	}
	return good;
}

static int load_signing(struct keys *k, const struct config *config, struct fault *f)
{
	char *path = config_data_path(config, KEYS_SIGNING);
	struct buf bytes;
	int code;

	buf_init_secret(&bytes);
	code = refuse_readable(path, f);
	if (code == 0)
		code = file_read(path, sizeof(k->signing), &bytes, f);
	if (code == 0 && !is_signing_key(&bytes))
		code = fault_set(f, ERR_INVALID,
				 "%s: is not the signing key that init made; restore a backup",
				 path);
	if (code == 0)
		memcpy(k->signing, bytes.data, sizeof(k->signing));
	buf_fini(&bytes);
	free(path);
	return code;
}

static char *pem_path(const struct config *config, const char *configured, const char *standard)
{
	return configured != NULL ? mem_strdup(configured) : config_data_path(config, standard);
}

static int check_pair(struct keys *k, bool pin, const char *certificate, const char *key,
		      struct fault *f)
{
	gnutls_datum_t of_certificate = {0}, of_key = {0};
	int code = public_of_certificate(&k->certificate, certificate, &of_certificate, f);

	if (code == 0)
		code = public_of_key(&k->key, key, &of_key, f);
	if (code == 0 && (of_certificate.size != of_key.size ||
			  memcmp(of_certificate.data, of_key.data, of_key.size) != 0))
		code = fault_set(f, ERR_MISMATCH, "%s and %s do not belong together", certificate,
				 key);
	if (code == 0 && pin)
		crypto_hash_sha256(k->pin, of_certificate.data, of_certificate.size);
	gnutls_free(of_certificate.data);
	gnutls_free(of_key.data);
	return code;
}

static int load_tls(struct keys *k, const struct config *config, struct fault *f)
{
	char *certificate = pem_path(config, config->certificate, KEYS_CERTIFICATE);
	char *key = pem_path(config, config->key, KEYS_TLS);
	int code = file_read(certificate, PEM_MAX, &k->certificate, f);

	if (code == 0)
		code = refuse_readable(key, f);
	if (code == 0)
		code = file_read(key, PEM_MAX, &k->key, f);
	if (code == 0)
		code = check_pair(k, config->pin, certificate, key, f);
	free(certificate);
	free(key);
	return code;
}

int keys_load(struct keys *k, const struct config *config, struct fault *f)
{
	int code;

	memset(k, 0, sizeof(*k));
	buf_init_secret(&k->key);
	code = load_signing(k, config, f);
	return code == 0 && config->tls ? load_tls(k, config, f) : code;
}

int keys_check_configured(const struct config *config, struct fault *f)
{
	struct keys k = {0};
	int code = 0;

	buf_init_secret(&k.key);
	if (config->tls && config->certificate != NULL)
		code = load_tls(&k, config, f);
	keys_fini(&k);
	return code;
}

void keys_swap_certificate(struct keys *a, struct keys *b)
{
	struct buf certificate = a->certificate, key = a->key;

	a->certificate = b->certificate;
	a->key = b->key;
	b->certificate = certificate;
	b->key = key;
}

void keys_fini(struct keys *k)
{
	sodium_memzero(k->signing, sizeof(k->signing));
	buf_fini(&k->key);
	buf_fini(&k->certificate);
}

const uint8_t *keys_signer(const struct keys *k)
{
	return k->signing + 32;
}
