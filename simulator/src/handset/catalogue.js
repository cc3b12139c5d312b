// Every fault of the simulator, grouped by where it occurs, and the text that describes an active one.

import { show } from './phones.js';

const SECONDS = (key, value, unit = 1000) => ({ label: 'Seconds', key, value, unit, least: 1, most: 600 });
const CODE = (key, value) => ({ label: 'Twilio’s error code', key, value, unit: 1, least: 10000, most: 99999 });

export const FAULTS = [
  ['The server sends a message', [
    { name: 'Accepted, but no response', order: { fault: 'timeout_after_accept' } },
    { name: 'Accepted late, and no response', order: { fault: 'accept_late' }, more: SECONDS('ms', 30) },
    { name: 'Accepted, and stays queued', order: { fault: 'queued' }, more: SECONDS('ms', 60) },
    { name: 'Accepted, then the connection breaks', order: { fault: 'reset_after_accept' } },
    { name: 'Not accepted, and the connection breaks', order: { fault: 'reset_before_accept' } },
    { name: 'Too many requests (429)', order: { fault: 'http_429' }, more: SECONDS('retry_after', 5, 1) },
    { name: 'Twilio fails (500)', order: { fault: 'http_500' } },
    { name: 'Credentials rejected (401)', order: { fault: 'http_401' } },
    { name: 'Rejected permanently', order: { fault: 'error' }, more: CODE('code', 21614) },
    { name: 'Slow response', order: { fault: 'latency' }, more: SECONDS('ms', 3) },
  ]],
  ['The message never reaches the phone', [
    { name: 'Phone off or out of reach (30003)', order: { fault: 'fail', error_code: 30003 } },
    { name: 'Blocked (30004)', order: { fault: 'fail', error_code: 30004 } },
    { name: 'Number does not exist (30005)', order: { fault: 'fail', error_code: 30005 } },
    { name: 'A landline (30006)', order: { fault: 'fail', error_code: 30006, status: 'failed' } },
    { name: 'Filtered as spam (30007)', order: { fault: 'fail', error_code: 30007 } },
    { name: 'Not delivered, for another reason', order: { fault: 'fail' }, more: CODE('error_code', 30008) },
  ]],
  ['Delivery receipts', [
    { name: 'The last receipt is late', order: { fault: 'receipts', mode: 'late' }, more: SECONDS('ms', 10) },
    { name: 'Each receipt comes twice', order: { fault: 'receipts', mode: 'twice' } },
    { name: 'Receipts come in reverse', order: { fault: 'receipts', mode: 'reversed' } },
    { name: 'Receipts come before the response', order: { fault: 'receipts', mode: 'early' } },
    { name: 'No receipt comes', order: { fault: 'receipts', mode: 'never' } },
  ]],
  ['The phone sends a message', [
    { name: 'The webhook is lost', order: { fault: 'webhook_never' } },
    { name: 'The webhook comes twice', order: { fault: 'webhook_twice' } },
  ]],
  ['The server reads the message list', [
    { name: 'List: no response', order: { fault: 'timeout_after_accept', on: 'read' } },
    { name: 'List: fails (500)', order: { fault: 'http_500', on: 'read' } },
    { name: 'List: credentials rejected (401)', order: { fault: 'http_401', on: 'read' } },
    { name: 'List: lacks the newest messages', order: { fault: 'list_lags' }, more: SECONDS('ms', 60) },
    { name: 'List: ignores its filters', order: { fault: 'list_ignores_filters' } },
    { name: 'List: an empty page, then short ones', order: { fault: 'list_short_pages' } },
  ]],
  ['The server fetches a picture', [
    { name: 'Picture: no response', order: { fault: 'timeout_after_accept', on: 'media' } },
    { name: 'Picture: fails (500)', order: { fault: 'http_500', on: 'media' } },
  ]],
];

/** “Too many requests (429), 5 s · this phone · until cleared” */
export function words(order, customer) {
  const known = FAULTS.flatMap(([, faults]) => faults).find((fault) => is(fault, order));
  const value = known?.more && order[known.more.key];
  const unit = known?.more?.label === 'Seconds' ? `${value / known.more.unit} s` : value;
  const what = [known?.name ?? order.fault, ...(value ? [unit] : [])].join(', ');
  return [what, whom(order.number, customer), often(order.times)].join(' · ');
}

function is({ order: wanted, more }, order) {
  const same = Object.entries(wanted).every(([key, value]) => order[key] === value);
  return same && (wanted.on ?? 'send') === order.on && (!more || more.key in order);
}

function whom(number, customer) {
  if (number === '*') return 'every phone';
  return number === customer ? 'this phone' : show(number);
}

function often(times) {
  if (times === null) return 'until cleared';
  return times === 1 ? 'once' : `${times} times`;
}
