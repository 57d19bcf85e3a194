/* pages.h: large tables on huge pages, where a miss of the cache is not a miss of the page table as well. */
#ifndef HEED_CORE_PAGES_H
#define HEED_CORE_PAGES_H

#include <stddef.h>

/* Asks for huge pages under a block that nothing was written to yet; small blocks are left alone. A refusal
 * costs nothing. */
void heed__huge_pages(void *block, size_t size);

/* realloc, with the new bytes of a large block on huge pages. `old_size` is that of `block`, which may be
 * NULL with 0. To be released with free. NULL when there is no memory: the block is unchanged then. */
void *heed__grow_block(void *block, size_t old_size, size_t size);

#endif
