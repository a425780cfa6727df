/* The cases of net_explain, a file per theme: explain_hops.c, explain_layers.c. */
#ifndef SKEIN_TEST_NET_EXPLAIN_CASES_H
#define SKEIN_TEST_NET_EXPLAIN_CASES_H

/* `skein hop` */
void explain_hop_says_who_is_next(void);
void explain_hop_looks_at_what_arrives(void);
void explain_hop_refuses(void);
void explain_hop_json(void);

/* `skein explain`, each layer broken */
void explain_here_names_each_layer(void);
void explain_there_names_each_layer(void);
void explain_here_json(void);

#endif
