/** NGINX's counters (`stub_status`): connections in each state, and totals since it started. */
export interface NginxStatus {
  readonly active: number;
  readonly reading: number;
  readonly writing: number;
  readonly waiting: number;
  readonly accepted: number;
  readonly handled: number;
  readonly requests: number;
}
