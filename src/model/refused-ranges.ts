/** Ranges (by their names in ipaddr.js) that lead to this machine or its link, where an Ingress must not lead: NGINX itself, the controller, cloud metadata. */
export const refusedRanges: Readonly<Record<string, string>> = {
  unspecified: 'this machine',
  loopback: 'loopback',
  linkLocal: 'link-local',
  multicast: 'multicast',
  broadcast: 'broadcast',
};
