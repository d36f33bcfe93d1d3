/* What the steps share: the session of one person, the path taken, works under way. Internal to the wizard. */
#ifndef WIZARD_SESSION_H
#define WIZARD_SESSION_H

#include <time.h>

#include "base/config.h"
#include "base/json.h"
#include "base/mem.h"
#include "catalogue/catalogue.h"
#include "dossier/dossier.h"
#include "screen/screen.h"
#include "wizard/signing.h"
#include "wizard/wizard.h"

struct wizard;

/* One step: a screen and its decisions. Any slot may be NULL. `arg` is the step's own number (a form page, a component). */
struct step {
	const char *id;
	const char *screen;                                        /* NULL: like id */
	const char *const *screens;                                /* NULL-ended: screens of steps that choose by arg */
	const char *(*pick)(struct wizard *w);                     /* screen id by state, when it varies */
	void (*show)(struct wizard *w, struct view *v);            /* fills a new view from the session */
	void (*submit)(struct wizard *w);                          /* Enter; the fields hold by their rules */
	void (*chosen)(struct wizard *w, const char *field, const char *option);
	void (*changed)(struct wizard *w, const char *field);
	void (*action)(struct wizard *w, const char *action);
	void (*keep)(struct wizard *w);                            /* takes what stands on the page, before it is left any way */
	void (*page)(struct wizard *w, long page);
	void (*box)(struct wizard *w);
	bool (*back)(struct wizard *w);                            /* true: handled; else the path's previous step */
	void (*after)(struct wizard *w, const char *verb, struct job_message *m, const struct err *e);   /* a work's end */
	void (*progress)(struct wizard *w, const json_t *p);
	void (*tick)(struct wizard *w);                            /* about once a second while shown */
	bool ticks;
	bool busy_ok;                                              /* input is not held back while work runs */
	bool no_check;                                             /* submit without the field rules (drafts, lists) */
	bool no_save;                                              /* leaving it saves no draft */
};

struct held_file {                       /* a sealed copy under work, found by its SHA-256 */
	char *sha256;
	int fd;
	bool stored;                     /* the draft in the store has it */
	bool storing;
};
struct place { const struct step *step; int arg; };
enum { PATH_MAX_STEPS = 64 };

struct wizard {
	const struct config *config;
	struct catalogue *catalogue;     /* opened when first needed */
	json_t *groups;                  /* screens/catalogue/groups.yaml, read when first needed */

	struct place path[PATH_MAX_STEPS];
	size_t depth;
	struct view *view, *old_view;
	unsigned serial;
	bool dirty, finished, ending;

	/* the person */
	char *lang;
	char *attempt;                   /* login attempt waiting for its code */
	json_t *otp;                     /* what the identity service said of the code */
	int64_t resend_at, otp_ends;     /* monotonic ms */
	char *token;
	json_t *person;
	json_t *profiles;                /* array */
	json_t *drafts;                  /* offered after login */
	json_t *loading;                 /* a draft that comes in several answers: the first of them */
	size_t loading_files;
	int list_tries;
	int loading_prepared;
	char *person_id;

	/* the dossier */
	struct dossier *dossier;
	json_t *guide;                   /* the procedure's authored page of the province, or NULL */
	json_t *form;                    /* screens/forms/FORM.yaml, or NULL */
	struct held_file *files;
	size_t nfiles;
	bool declaration_stale;
	size_t component;                /* the one worked on */
	long return_to;                  /* depth to come back to from a review jump; 0 none */
	json_t *receipt;
	char *status_text;
	bool sending_started;
	char *paper_name;                /* file name of the slip being composed */
	bool paper_asked;
	int64_t asked_status;            /* monotonic ms of the last look at the intake's state */

	/* profile being edited */
	json_t *draft_profile;
	long profile_at;                 /* index, -1 new */

	/* signing */
	struct signing *signing;
	bool signing_confirmed;          /* the person has confirmed: its work is no page's any more */
	bool signing_stored;             /* the prepared request is in the store: it may leave */
	json_t *status_since;            /* {"at": ms} when the waiting screen came up */
	json_t *hits;                    /* keyword places */
	size_t hit;
	json_t *box;                     /* chosen place */
	long preview_page, preview_pages;
	char *folder;                    /* shown by Chọn tệp tin */
	char *picked_for;                /* "component" or "profile" */

	/* work */
	struct work queue[8];
	size_t nqueue;
	long next_work;
	/* `signing`: it belongs to the signature and not to a page, and goes on while another page is shown */
	struct { long id; const char *verb; const struct step *step; bool quiet, signing; } running[8];
	size_t nrunning;
	long cancel[8];
	size_t ncancel;
	enum job_event ended;            /* how the work ended whose `after` runs now: JOB_ERROR or JOB_DIED differ */
	char *error;                     /* ready words for the next view */
	char *notice;
	char *field_error_id, *field_error;
	/* draft saving */
	bool save_wanted, saving, saving_prepared;
	int save_failures;               /* in a row */
	char *prepared_name;             /* of the draft's files: what the request under way needs to go on after a crash */
	int64_t next_tick;
};

/* ---- moving ---------------------------------------------------------------------------------------------------- */
void go(struct wizard *w, const struct step *to, int arg);           /* one step forward */
void go_instead(struct wizard *w, const struct step *to, int arg);   /* replaces the present step */
void go_back(struct wizard *w);
void go_back_to(struct wizard *w, const struct step *to);            /* unwinds to it; forward when it is not on the path */
void stay(struct wizard *w);                                         /* shows the step anew, values kept by show */
void replace_behind(struct wizard *w, const struct step *old, const struct step *with);   /* on the path, not shown now */
void refresh(struct wizard *w);                                      /* the view changed in place */
const struct step *here(const struct wizard *w);
int here_arg(const struct wizard *w);

/* ---- saying ---------------------------------------------------------------------------------------------------- */
void say_error(struct wizard *w, const struct err *e);               /* words of err.<id>.what + .do on the present view */
void say_error_id(struct wizard *w, const char *id, const json_t *vars);
void say_field_error(struct wizard *w, const char *field, const char *message_id);
void say_notice(struct wizard *w, const char *id, const json_t *vars);
char *err_words(const struct err *e);                                /* one paragraph; the caller owns it */

/* ---- work ------------------------------------------------------------------------------------------------------ */
/* Asks for work; args are stolen, descriptors duplicated. The step's `after` gets the end of it. */
long ask(struct wizard *w, enum job_kind kind, unsigned flags, const char *verb, json_t *args, const int *fds, size_t nfds);
/* The same for work whose end nobody on the screen waits for. */
void ask_quietly(struct wizard *w, enum job_kind kind, unsigned flags, const char *verb, json_t *args);
long ask_work(struct wizard *w, struct work *ready);                 /* takes over what `ready` holds */
bool busy(const struct wizard *w);                                   /* the present step has work under way */
void drop_work(struct wizard *w);                                    /* the present step's work is no longer wanted */
void drop_signing_work(struct wizard *w);                            /* nor is the signature's */
void work_of_signing(struct wizard *w, long id);                     /* from here on it is the signature's */
/* Waits that tests shorten: `plain` outside the sandbox. */
long long wait_ms(const struct wizard *w, const char *key, long long plain);

/* ---- session ----------------------------------------------------------------------------------------------------- */
void session_wipe(struct wizard *w);
void save_draft(struct wizard *w);                                   /* as soon as the store is free; never blocks */
struct catalogue *catalogue(struct wizard *w);
struct held_file *hold_file(struct wizard *w, const char *sha256, int fd /* taken over */);
int held_fd(const struct wizard *w, const char *sha256);             /* -1 none; borrowed */
const char *person_text(const struct wizard *w, const char *key);

/* ---- the steps ------------------------------------------------------------------------------------------------------ */
extern const struct step step_welcome, step_language, step_login, step_otp, step_drafts, step_home, step_find, step_group,
	step_procedure, step_detail, step_agency, step_lookup, step_status, step_signatures, step_signature, step_signature_more,
	step_picture, step_no_signature, step_form, step_components, step_component, step_file, step_sign_place,
	step_sign_confirm, step_sign_wait, step_sign_done, step_sign_end, step_review, step_sending, step_slip, step_receipt,
	step_leave, step_bye;

/* shared by steps */
/* Files of the folders that the configuration names (`files`), newest first, of the given types ("pdf", "png"; by ending,
 * the content is checked by the job that reads them). Options' ids are "FOLDER:NAME". */
void files_offer(struct wizard *w, struct view_field *f, const char *types);
int files_open(struct wizard *w, const char *id, struct err *e);     /* read-only descriptor, the caller's */
void session_signed_in(struct wizard *w);                            /* after the code: profiles, drafts */
void dossier_begin(struct wizard *w, const char *procedure);
void dossier_take_person(struct wizard *w);
json_t *procedure_guide(struct wizard *w, const char *code, struct err *e);
const char *form_page_screen(struct wizard *w, int page);
int form_pages(struct wizard *w);
json_t *form_document(struct wizard *w);                             /* the declaration, ready for doc.compose */
void signing_begin(struct wizard *w);
json_t *layout_filled(struct wizard *w, const json_t *layout);       /* {names} replaced everywhere; the caller owns it */
/* Slips and receipts (paper.c): ask for one, take the composed PDF, values of their names ("slip.code", "receipt.due"). */
void paper_ask(struct wizard *w, const char *form);
void paper_take(struct wizard *w, struct job_message *m);
const char *paper_value(struct wizard *w, const char *name, char *scratch, size_t n);
void copy_output(struct wizard *w, const char *name, int fd);

#endif
