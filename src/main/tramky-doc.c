/* Documents, certificates, verdicts: the helper without a network. */
#include "base/mem.h"
#include "main/doc.h"

static const struct job_verb verbs[] = {
	{ "doc.inspect", doc_inspect },
	{ "doc.find", doc_find },
	{ "doc.text", doc_text },
	{ "doc.thumb", doc_thumb },
	{ "doc.place", doc_place },
	{ "doc.image", doc_image },
	{ "doc.prepare", doc_prepare },
	{ "doc.stamp", doc_stamp },
	{ "doc.complete", doc_complete },
	{ "doc.cms", doc_cms },
	{ "doc.embed", doc_embed },
	{ "doc.certificate", doc_certificate },
	{ "doc.keyfile", doc_keyfile },
	{ "doc.anchors", doc_anchors },
	{ "doc.verify", doc_verify },
	{ "doc.revision", doc_revision },
	{ "doc.compose", doc_compose },
};

int main(int argc, char **argv)
{
	return job_main(argc, argv, JOB_DOC, verbs, COUNT(verbs));
}
