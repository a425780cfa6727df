/* An unnamed network namespace for one suite: the thread is in it from space_enter() to
 * space_leave(), and the kernel removes it with all in it. As a suite's init and fini. */
#ifndef SKEIN_TEST_NET_SPACE_H
#define SKEIN_TEST_NET_SPACE_H

int space_enter(void); /* lo is up */
int space_leave(void);

#endif
