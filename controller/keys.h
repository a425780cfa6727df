/* The controller's keys, in files of its data directory: the signer of images, the certificate. */
#ifndef SKEIN_CONTROLLER_KEYS_H
#define SKEIN_CONTROLLER_KEYS_H

#include <stdint.h>

#include "controller/config.h"
#include "lib/base/buf.h"

#define KEYS_SIGNING	 "signing.key"
#define KEYS_CERTIFICATE "tls.crt"
#define KEYS_TLS	 "tls.key"

struct keys {
	uint8_t signing[64]; /* libsodium's Ed25519 secret key: seed and public key */
	uint8_t pin[32];     /* SHA-256 of the certificate's SubjectPublicKeyInfo; zero: none */
	struct buf certificate, key; /* PEM; empty without TLS */
};

/* Makes the three files, modes 0600 (0644 the certificate), in `dir`. The certificate is
 * self-signed for ten years and names the hosts of config->urls. */
int keys_make(const struct config *config, const char *dir, struct fault *f);
/* All of them, and they are keys: what is damaged or does not belong together is named. */
int keys_load(struct keys *k, const struct config *config, struct fault *f);
/* The certificates and their keys change places; the signers stay. */
void keys_swap_certificate(struct keys *a, struct keys *b);
/* Certificate and key that the configuration names, if it does: those of init may not be there yet.
 */
int keys_check_configured(const struct config *config, struct fault *f);
void keys_fini(struct keys *k);			  /* wipes */
const uint8_t *keys_signer(const struct keys *k); /* the public half, 32 bytes */

#endif
