/* valley.h: the valley of both mountain cars, drawn. */
#ifndef HEED_ENVS_CONTROL_VALLEY_H
#define HEED_ENVS_CONTROL_VALLEY_H

#include "envs/picture.h"

/* The car at `position` in the valley from -1.2 to 0.6, a flag at `goal`. */
void heed__valley_depict(float position, float goal, heed_picture *picture);

#endif
