// What the kernels are held against: written from the rules, symbol by symbol, sharing nothing with them.
#ifndef CHECK_SIMD_REFERENCE_H
#define CHECK_SIMD_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LONGEST_TEXT = 4096 };

size_t reference_encode(const uint8_t *src, size_t n, uint8_t *dst);
int64_t reference_decode(const uint8_t *src, size_t n, uint8_t *dst);
size_t reference_run(const uint8_t *src, size_t n, bool plain);

#endif
