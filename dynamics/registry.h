/* registry.h: the tables that the registry lists, one per model file. */
#ifndef HEED_DYNAMICS_REGISTRY_H
#define HEED_DYNAMICS_REGISTRY_H

#include "dynamics/dynamics.h"

extern const heed_dynamics_ops heed__dynamics_tabular;  /* tabular.c */
extern const heed_dynamics_ops heed__dynamics_context;  /* context.c */
extern const heed_dynamics_ops heed__dynamics_ensemble; /* ensemble.c */
extern const heed_dynamics_ops heed__dynamics_linear;   /* linear.c */

#endif
