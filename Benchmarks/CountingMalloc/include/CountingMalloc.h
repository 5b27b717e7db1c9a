/// Counts what a program takes from the heap, by standing in for the C library's allocation functions.
///
/// Linked into a program, its malloc and relatives come before the C library's and hand over to it; every library of
/// the process goes through them. Counting is off until it is started, and then covers all threads.
#ifndef STRONGROOM_COUNTING_MALLOC_H
#define STRONGROOM_COUNTING_MALLOC_H

#include <stdint.h>

/// Sets the counts to zero and counts from here on.
void strongroom_malloc_count_start(void);

/// Stops counting.
void strongroom_malloc_count_stop(void);

/// Blocks taken while counting was on: malloc, calloc, realloc and the aligned kinds, each call once.
uint64_t strongroom_malloc_count(void);

/// Bytes asked for while counting was on.
uint64_t strongroom_malloc_bytes(void);

#endif
