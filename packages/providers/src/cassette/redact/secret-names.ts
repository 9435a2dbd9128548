/** What holds credentials by its name. Any part of a header's name will do; a field's name has to be one as a whole. */
const SECRET_HEADER = /(^|-)(api-?key|auth|authorization|cookie2?|credential|key|secret|signature|token)($|-)/i;
const SECRET_PARAMETER =
  /^(key|api[-_]?key|access[-_]?token|token|auth|sig|signature|client[-_]?secret|x-amz-(signature|credential|security-token))$/i;

/** Names of fields whose text is a credential, as the source of a regular expression without regard to case. */
export const SECRET_FIELD_NAMES: string =
  '(?:x[-_])?api[-_]?key|authorization(?:[-_]token)?|(?:access|refresh)[-_]?token|client[-_]?secret';
const SECRET_FIELD = new RegExp(`^(?:${SECRET_FIELD_NAMES})$`, 'i');

export function isSecretHeader(name: string): boolean {
  return SECRET_HEADER.test(name);
}

export function isSecretParameter(name: string): boolean {
  return SECRET_PARAMETER.test(name);
}

/** Whether a field of a JSON object holds a credential. In an object of headers, as tool servers are given, any secret header does. */
export function isSecretField(name: string, parent: string | undefined): boolean {
  return SECRET_FIELD.test(name) || (parent === 'headers' && isSecretHeader(name));
}
