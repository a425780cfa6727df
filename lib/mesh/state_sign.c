#include <sodium.h>
#include <stddef.h>
#include <string.h>

#include "lib/mesh/state.h"
#include "lib/mesh/state_format.h"
#include "lib/mesh/state_tree.h"

/* Keeps a signature over a state from ever being one over something else. */
#define DOMAIN	    "skein state 1\n"
#define SIGNED_SIZE offsetof(struct state_root, signature)

struct message {
	char domain[sizeof(DOMAIN) - 1];
	uint8_t root[SIGNED_SIZE];
};

static void message_of(const struct state_root *root, struct message *m)
{
	memcpy(m->domain, DOMAIN, sizeof(m->domain));
	memcpy(m->root, root, SIGNED_SIZE);
}

int state_check_signature(const struct state_root *root, const uint8_t signer[32], struct fault *f)
{
	struct message m;

	if (memcmp(root->signer, signer, sizeof(root->signer)) != 0)
		return fault_set(f, ERR_SIGNATURE,
				 "MeshState image is signed by another key than "
				 "the pinned one");
	message_of(root, &m);
	if (crypto_sign_verify_detached(root->signature, (const uint8_t *)&m, sizeof(m), signer) !=
	    0)
		return fault_set(f, ERR_SIGNATURE,
				 "MeshState image: the signature does not verify");
	return 0;
}

static void sign_root(struct state_root *root, const uint8_t signing_key[64])
{
	struct message m;

	message_of(root, &m);
	crypto_sign_detached(root->signature, NULL, (const uint8_t *)&m, sizeof(m), signing_key);
}

static void append_zero(struct buf *out, size_t len)
{
	static const uint8_t zero[STATE_PAGE];

	buf_append(out, zero, len);
}

void state_sign(const struct state_identity *id, const void *body, uint64_t body_len,
		const uint8_t signing_key[64], struct buf *out)
{
	struct state_root root = {.version = STATE_VERSION,
				  .kind = id->kind,
				  .revision = id->revision,
				  .body_pages = (body_len + STATE_PAGE - 1) / STATE_PAGE};
	size_t at = out->len;
	struct state_tree tree;

	memcpy(root.magic, STATE_MAGIC, sizeof(root.magic));
	memcpy(root.mesh, id->mesh, sizeof(root.mesh));
	if (id->membership != NULL)
		memcpy(root.membership, id->membership, sizeof(root.membership));
	if (id->next_signer != NULL)
		memcpy(root.next_signer, id->next_signer, sizeof(root.next_signer));
	/* libsodium keeps the public key behind the seed. */
	memcpy(root.signer, signing_key + crypto_sign_SEEDBYTES, sizeof(root.signer));
	append_zero(out, STATE_PAGE);
	buf_append(out, body, body_len);
	append_zero(out, root.body_pages * STATE_PAGE - body_len);
	state_tree_make(&tree, (const uint8_t *)out->data + at + STATE_PAGE, root.body_pages);
	memcpy(root.pages_hash, state_tree_top(&tree), sizeof(root.pages_hash));
	state_tree_fini(&tree);
	sign_root(&root, signing_key);
	memcpy(out->data + at, &root, sizeof(root));
}
