/* What the pages of one signature share: the paper, the profile, the ends. Internal to the wizard. */
#ifndef WIZARD_SIGNATURE_H
#define WIZARD_SIGNATURE_H

#include "wizard/session.h"

/* The component worked on and its newest file; NULL when there is none. */
struct dossier_component *signed_component(struct wizard *w);
struct dossier_file *file_to_sign(struct wizard *w);
/* The person's profile chosen for signing, else the first; NULL when there is none. */
const json_t *signing_profile(struct wizard *w);
/* A word of the provider's row in the configuration ("name", "app", "button"), else its id. */
const char *provider_text(struct wizard *w, const char *id, const char *key);

/* After a certificate that cannot sign the person chooses before anything is asked again. */
enum { CONFIRM_CHECKS, CONFIRM_ASKS };

/* The signature is there: the file becomes the signed one. Either end goes into the history. */
void file_signed(struct wizard *w);
void tell_signing_history(struct wizard *w);

#endif
