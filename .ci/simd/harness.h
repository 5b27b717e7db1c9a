// The kernels under test and the buffers they are run on.
#ifndef CHECK_SIMD_HARNESS_H
#define CHECK_SIMD_HARNESS_H

#include "kernels.h"
#include "reference.h"

extern const struct strongroom_codec strongroom_codec_avx2_emulated;
extern const struct strongroom_codec strongroom_codec_avx512vbmi_emulated;
extern const struct strongroom_codec strongroom_codec_neon_emulated;

// Finds out which kernels run here. Call once.
void harness_start(void);

// Each runs one input through every kernel and counts a mismatch for every result that is not the reference's.
void check_encode(const uint8_t *src, size_t n);
void check_decode(const uint8_t *src, size_t n);
// A clean text must be decoded by the fast kernels, all but its last quantum: faults are not the only loss.
void check_fast_road(const uint8_t *text, size_t n);
void check_runs(const uint8_t *src, size_t n);
// The same, but the result is also given; the reference is held to it as well.
void check_decode_is(const char *text, int64_t expected);
// One statement that must hold.
void check_that(bool holds, const char *statement);

// The same numbers in every run.
uint32_t next_random(void);
void fill_random(uint8_t *dst, size_t n);

// Prints the summary line and returns the exit status.
int harness_finish(void);

#endif
