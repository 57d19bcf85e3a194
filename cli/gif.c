#include "cli/gif.h"

#include <gif_lib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PALETTE_SIZE = 256, HASH_BITS = 16, HASH_SIZE = 1 << HASH_BITS };

/* ---- colours -------------------------------------------------------------------------------- */

/* How often a colour occurs in all frames, and which entry of the palette shows it. */
typedef struct tally {
  uint32_t rgb;
  uint64_t pixels; /* 0: an empty slot */
  uint8_t entry;
} tally;

typedef struct palette {
  tally *slots;   /* owned: [HASH_SIZE] by open addressing */
  tally **ranked; /* owned: [colour_count] the most frequent first */
  uint32_t colour_count, entry_count;
} palette;

/* The slot of a colour, or the empty one where it belongs. */
static tally *slot_of(const palette *p, uint32_t rgb) {
  uint32_t i = rgb * 2654435761u >> (32 - HASH_BITS); /* Fibonacci hashing (Knuth 1973, 6.4) */
  while (p->slots[i].pixels > 0 && p->slots[i].rgb != rgb) {
    i = (i + 1) % HASH_SIZE;
  }
  return &p->slots[i];
}

/* Counts the colours of a frame; false if there are too many to be counted. */
static bool count_colours(palette *p, const uint32_t *pixels, size_t count) {
  for (size_t i = 0; i < count; i++) {
    tally *slot = slot_of(p, pixels[i]);
    if (slot->pixels++ == 0) {
      slot->rgb = pixels[i];
      p->colour_count++;
    }
    if (p->colour_count > HASH_SIZE / 2) {
      return false;
    }
  }
  return true;
}

/* Leaves colours their five upper bits: at most 2^15, which can be counted. */
static void coarsen(uint32_t *pixels, size_t count) {
  for (size_t i = 0; i < count; i++) {
    pixels[i] = (pixels[i] & 0xf8f8f8) | (pixels[i] >> 5 & 0x070707);
  }
}

/* More pixels first; of equally many the smaller number, so that the order is one. */
static int compare(const void *a, const void *b) {
  const tally *one = *(tally *const *)a;
  const tally *two = *(tally *const *)b;
  if (one->pixels != two->pixels) {
    return one->pixels > two->pixels ? -1 : 1;
  }
  return one->rgb < two->rgb ? -1 : 1;
}

static uint32_t distance(uint32_t a, uint32_t b) {
  uint32_t sum = 0;
  for (int shift = 0; shift < 24; shift += 8) {
    int difference = (int)(a >> shift & 255) - (int)(b >> shift & 255);
    sum += (uint32_t)(difference * difference);
  }
  return sum;
}

/* Gives each colour its entry: the most frequent their own, the others the nearest of those. */
static bool rank(palette *p) {
  p->ranked = calloc((size_t)p->colour_count + 1, sizeof(tally *));
  if (p->ranked == NULL) {
    return false;
  }
  uint32_t found = 0;
  for (uint32_t i = 0; i < HASH_SIZE; i++) {
    if (p->slots[i].pixels > 0) {
      p->ranked[found++] = &p->slots[i];
    }
  }
  qsort(p->ranked, found, sizeof(tally *), compare);
  p->entry_count = found < PALETTE_SIZE ? found : PALETTE_SIZE;
  for (uint32_t i = 0; i < found; i++) {
    uint32_t nearest = i < p->entry_count ? i : 0;
    for (uint32_t e = 0; i >= p->entry_count && e < p->entry_count; e++) {
      uint32_t rgb = p->ranked[i]->rgb;
      bool is_nearer = distance(p->ranked[e]->rgb, rgb) < distance(p->ranked[nearest]->rgb, rgb);
      nearest = is_nearer ? e : nearest;
    }
    p->ranked[i]->entry = (uint8_t)nearest;
  }
  return true;
}

/* The palette of all frames together. */
static bool make_palette(palette *p, uint32_t *const *frames, size_t count, size_t pixel_count) {
  for (int round = 0; round < 2; round++) {
    free(p->slots);
    *p = (palette){.slots = calloc(HASH_SIZE, sizeof(tally))};
    bool is_counted = p->slots != NULL;
    for (size_t f = 0; f < count && is_counted; f++) {
      is_counted = count_colours(p, frames[f], pixel_count);
    }
    if (is_counted) {
      return rank(p);
    }
    for (size_t f = 0; f < count; f++) {
      coarsen(frames[f], pixel_count);
    }
  }
  return false;
}

/* ---- the file ------------------------------------------------------------------------------- */

typedef struct box {
  uint32_t left, top, right, bottom; /* right and bottom are outside */
} box;

/* What differs between two frames; a pixel where nothing does, since GIF knows no empty image. */
static box changes(const uint32_t *before, const uint32_t *after, uint32_t width, uint32_t height) {
  box b = {width, height, 0, 0};
  for (uint32_t y = 0; y < height; y++) {
    for (uint32_t x = 0; x < width; x++) {
      if (before[(size_t)y * width + x] != after[(size_t)y * width + x]) {
        b.left = x < b.left ? x : b.left;
        b.right = x + 1 > b.right ? x + 1 : b.right;
        b.top = y < b.top ? y : b.top;
        b.bottom = y + 1;
      }
    }
  }
  return b.right > 0 ? b : (box){0, 0, 1, 1};
}

static bool put_frame(GifFileType *gif, const palette *p, uint32_t *pixels, uint32_t width, box b,
                      uint32_t shown_ms) {
  GraphicsControlBlock control = {.DisposalMode = DISPOSE_DO_NOT,
                                  .DelayTime = (int)((shown_ms + 5) / 10),
                                  .TransparentColor = NO_TRANSPARENT_COLOR};
  GifByteType extension[4];
  size_t length = EGifGCBToExtension(&control, extension);
  bool is_good = EGifPutExtension(gif, GRAPHICS_EXT_FUNC_CODE, (int)length, extension) == GIF_OK &&
                 EGifPutImageDesc(gif, (int)b.left, (int)b.top, (int)(b.right - b.left),
                                  (int)(b.bottom - b.top), false, NULL) == GIF_OK;
  GifPixelType *line = malloc(b.right - b.left);
  for (uint32_t y = b.top; y < b.bottom && is_good; y++) {
    for (uint32_t x = b.left; x < b.right && line != NULL; x++) {
      line[x - b.left] = slot_of(p, pixels[(size_t)y * width + x])->entry;
    }
    is_good = line != NULL && EGifPutLine(gif, line, (int)(b.right - b.left)) == GIF_OK;
  }
  free(line);
  return is_good;
}

/* The extension that makes browsers play it again and again (Netscape 2.0). */
static bool put_loop(GifFileType *gif) {
  static const GifByteType forever[] = {1, 0, 0};
  return EGifPutExtensionLeader(gif, APPLICATION_EXT_FUNC_CODE) == GIF_OK &&
         EGifPutExtensionBlock(gif, 11, "NETSCAPE2.0") == GIF_OK &&
         EGifPutExtensionBlock(gif, sizeof forever, forever) == GIF_OK &&
         EGifPutExtensionTrailer(gif) == GIF_OK;
}

static bool put_head(GifFileType *gif, const palette *p, uint32_t width, uint32_t height) {
  GifColorType colours[PALETTE_SIZE] = {0};
  for (uint32_t i = 0; i < p->entry_count; i++) {
    uint32_t rgb = p->ranked[i]->rgb;
    colours[i] = (GifColorType){(GifByteType)(rgb >> 16), (GifByteType)(rgb >> 8 & 255),
                                (GifByteType)(rgb & 255)};
  }
  int bits = GifBitSize((int)p->entry_count);
  ColorMapObject *map = GifMakeMapObject(1 << (bits > 0 ? bits : 1), colours);
  EGifSetGifVersion(gif, true);
  bool is_good =
      map != NULL && EGifPutScreenDesc(gif, (int)width, (int)height, 8, 0, map) == GIF_OK;
  GifFreeMapObject(map);
  return is_good;
}

static int put(GifFileType *gif, const GifByteType *bytes, int size) {
  return (int)fwrite(bytes, 1, (size_t)size, gif->UserData);
}

/* Replaces each pixel by the colour that the palette shows for it. */
static void reduce(const palette *p, uint32_t *pixels, size_t count) {
  for (size_t i = 0; i < count; i++) {
    pixels[i] = p->ranked[slot_of(p, pixels[i])->entry]->rgb;
  }
}

static bool put_all(const palette *p, uint32_t *const *frames, size_t count, uint32_t width,
                    uint32_t height, uint32_t delay_ms, uint32_t hold_ms, FILE *stream) {
  int code = 0;
  GifFileType *gif = EGifOpen(stream, put, &code);
  if (gif == NULL) {
    return false;
  }
  bool is_good = put_head(gif, p, width, height) && put_loop(gif);
  for (size_t f = 0; f < count && is_good; f++) {
    reduce(p, frames[f], (size_t)width * height);
    box b = f == 0 ? (box){0, 0, width, height} : changes(frames[f - 1], frames[f], width, height);
    is_good = put_frame(gif, p, frames[f], width, b, f + 1 < count ? delay_ms : hold_ms);
  }
  return EGifCloseFile(gif, &code) == GIF_OK && is_good;
}

heed_status heed__gif_write(uint32_t *const *frames, size_t count, uint32_t width, uint32_t height,
                            uint32_t delay_ms, uint32_t hold_ms, unsigned char **bytes,
                            size_t *size, heed_error *err) {
  *bytes = NULL;
  if (width > 65535 || height > 65535) {
    return heed_fail(err, HEED_ERR_ARG, "a GIF of %u x %u pixels, at most 65535 each", width,
                     height);
  }
  palette p = {0};
  FILE *stream = open_memstream((char **)bytes, size);
  bool is_good = stream != NULL && make_palette(&p, frames, count, (size_t)width * height) &&
                 put_all(&p, frames, count, width, height, delay_ms, hold_ms, stream);
  is_good = stream != NULL && fclose(stream) == 0 && is_good;
  free(p.slots);
  free(p.ranked);
  if (!is_good) {
    free(*bytes);
    *bytes = NULL;
    return heed_fail(err, HEED_ERR_NOMEM, "writing a GIF: no memory");
  }
  return HEED_OK;
}
