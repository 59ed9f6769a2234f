import type { Template } from '#src/domain/template.ts';
import type { TemplateCatalog } from '#src/ports/outreach.ts';
import { createTwilioApi } from './client.ts';

const pageSize = 500;
/** Twilio keeps fewer for an account. */
const mostTemplates = 10_000;

/** What is read of Twilio's answer, which its SDK types loosely. */
interface Content {
  readonly sid: string;
  readonly friendlyName: string;
  readonly language: string;
  readonly variables: unknown;
  readonly types: unknown;
  readonly approvalRequests: unknown;
}

/** Content templates with their approval by WhatsApp: `GET https://content.twilio.com/v1/ContentAndApprovals`. */
export function createTwilioTemplateCatalog(deps: Parameters<typeof createTwilioApi>[0]): TemplateCatalog {
  const api = createTwilioApi(deps);
  return {
    channel: 'twilio',
    async list({ signal }) {
      const contents = await api.call(
        (client) => client.content.v1.contentAndApprovals.list({ pageSize, limit: mostTemplates }),
        { signal, creates: false },
      );
      return contents.map((content) => toTemplate(content as Content));
    },
  };
}

function toTemplate(content: Content): Template {
  const approval = recordOf(content.approvalRequests);
  const types = recordOf(content.types);
  const bodies = Object.values(types).map((type) => textOf(recordOf(type).body));
  return {
    channel: 'twilio',
    name: content.sid,
    language: content.language,
    title: textOf(approval.name) || content.friendlyName || content.sid,
    category: textOf(approval.category).toLowerCase() || undefined,
    state: textOf(approval.status).toLowerCase() || 'unsubmitted',
    reason: textOf(approval.rejection_reason) || undefined,
    body: bodies.find((body) => body !== '') ?? '',
    placeholders: { required: Object.keys(recordOf(content.variables)), optional: [] },
    components: types,
  };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
