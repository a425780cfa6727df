/* The cases of net_bad_input, in the files that draw on the lab of bad_world.h. */
#ifndef SKEIN_TEST_NET_BAD_CASES_H
#define SKEIN_TEST_NET_BAD_CASES_H

#include <stdint.h>

/* bad_tables.c */
void commands_are_refused_and_leave_nothing(void);
void configurations_are_refused_by_line(void);
void damaged_data_is_refused_and_left_as_it_is(void);

/* bad_ports.c; m, w join and run from here on */
void taken_ports_name_their_holder(void);
void a_gateway_says_which_port_it_lacks(void);
void without_bird_the_tunnels_stand(void);

/* A port that the test takes, in the network of a machine. */
struct bad_port {
	int type; /* SOCK_DGRAM, SOCK_STREAM */
	uint16_t port;
	int fd; /* the caller closes it */
};

void bad_hold(const char *machine, struct bad_port *p);

#endif
