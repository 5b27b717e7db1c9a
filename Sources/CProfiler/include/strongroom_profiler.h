#ifndef STRONGROOM_PROFILER_H
#define STRONGROOM_PROFILER_H

#include <stddef.h>
#include <stdint.h>

// Samples of where the process spends processor time: a signal per interval of processor time, to whichever thread runs.
// One profile at a time; nothing is allocated, locked or read unchecked in the handler.

// Deepest stack that is kept.
#define STRONGROOM_PROFILE_DEPTH 64

// Starts sampling `hertz` times per second of processor time (1 to 1000), into memory for `capacity` samples. Returns 0,
// EBUSY while another profile runs, or another errno.
int strongroom_profile_start(uint32_t hertz, uint32_t capacity);

// Stops sampling. Returns how many samples were taken; more than the capacity were dropped and counted in `dropped`.
uint32_t strongroom_profile_stop(uint32_t *dropped);

// Copies the addresses of sample `index`, innermost first, into `frames`, which has room for
// STRONGROOM_PROFILE_DEPTH. Returns their number. Only between stop and finish.
uint32_t strongroom_profile_sample(uint32_t index, uintptr_t *frames);

// Frees the samples; the next profile may start.
void strongroom_profile_finish(void);

// The function at an address, as the dynamic symbol table has it, demangled where that is Swift, else the file and the
// offset in it: for addr2line. Writes at most `size` bytes with the final zero.
void strongroom_profile_name(uintptr_t address, char *name, size_t size);

#endif
