/** Why nobody may set a header of this name; undefined where anybody may. The text begins in lower case. */
export function headerProblem(name: string, direction: 'request' | 'response'): string | undefined {
  const lower = name.toLowerCase();
  if (ofConnections.includes(lower)) return 'NGINX itself decides about it, connection by connection';
  if (direction === 'response' && ofAnswers.includes(lower)) return 'NGINX sends it itself, and a second one would contradict it';
  return undefined;
}

/** RFC 9110 section 7.6.1 and what frames a message: a wrong one cuts a connection in the wrong place. */
const ofConnections = [
  ...['connection', 'content-length', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
];
/** NGINX sends these itself, and would send them twice. */
const ofAnswers = ['content-encoding', 'content-type', 'date', 'location', 'server'];
