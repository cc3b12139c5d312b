// Every fault that the simulator knows, by where it strikes, and how an order of one reads.

import { show } from './phones.js';

const SECONDS = (key, value, unit = 1000) => ({ label: 'Seconds', key, value, unit, least: 1, most: 600 });
const CODE = (key, value) => ({ label: 'Twilio’s error code', key, value, unit: 1, least: 10000, most: 99999 });

export const FAULTS = [
  ['The desk hands a text over', [
    { name: 'Accepted, but no answer ever comes', order: { fault: 'timeout_after_accept' } },
    { name: 'Accepted late, and no answer ever comes', order: { fault: 'accept_late' }, more: SECONDS('ms', 30) },
    { name: 'Accepted, and stays queued', order: { fault: 'queued' }, more: SECONDS('ms', 60) },
    { name: 'Accepted, then the connection breaks', order: { fault: 'reset_after_accept' } },
    { name: 'The connection breaks, nothing accepted', order: { fault: 'reset_before_accept' } },
    { name: 'Too many requests (429)', order: { fault: 'http_429' }, more: SECONDS('retry_after', 5, 1) },
    { name: 'Twilio is broken (500)', order: { fault: 'http_500' } },
    { name: 'Credentials refused (401)', order: { fault: 'http_401' } },
    { name: 'Refused for good', order: { fault: 'error' }, more: CODE('code', 21614) },
    { name: 'Slow to answer', order: { fault: 'latency' }, more: SECONDS('ms', 3) },
  ]],
  ['The text never reaches the phone', [
    { name: 'Phone off or out of reach (30003)', order: { fault: 'fail', error_code: 30003 } },
    { name: 'Blocked (30004)', order: { fault: 'fail', error_code: 30004 } },
    { name: 'Number does not exist (30005)', order: { fault: 'fail', error_code: 30005 } },
    { name: 'A landline (30006)', order: { fault: 'fail', error_code: 30006, status: 'failed' } },
    { name: 'Filtered as spam (30007)', order: { fault: 'fail', error_code: 30007 } },
    { name: 'Not delivered, for another reason', order: { fault: 'fail' }, more: CODE('error_code', 30008) },
  ]],
  ['Receipts of the text', [
    { name: 'The last one comes late', order: { fault: 'receipts', mode: 'late' }, more: SECONDS('ms', 10) },
    { name: 'Each comes twice', order: { fault: 'receipts', mode: 'twice' } },
    { name: 'They come in reverse', order: { fault: 'receipts', mode: 'reversed' } },
    { name: 'They come before the answer', order: { fault: 'receipts', mode: 'early' } },
    { name: 'None ever comes', order: { fault: 'receipts', mode: 'never' } },
  ]],
  ['The phone texts the desk', [
    { name: 'The webhook is lost', order: { fault: 'webhook_never' } },
    { name: 'The webhook comes twice', order: { fault: 'webhook_twice' } },
  ]],
  ['The desk looks through the list of texts', [
    { name: 'List: no answer ever comes', order: { fault: 'timeout_after_accept', on: 'read' } },
    { name: 'List: broken (500)', order: { fault: 'http_500', on: 'read' } },
    { name: 'List: credentials refused (401)', order: { fault: 'http_401', on: 'read' } },
    { name: 'List: lacks the newest texts', order: { fault: 'list_lags' }, more: SECONDS('ms', 60) },
    { name: 'List: ignores what it is asked for', order: { fault: 'list_ignores_filters' } },
    { name: 'List: an empty page, then short ones', order: { fault: 'list_short_pages' } },
  ]],
  ['The desk fetches a picture', [
    { name: 'Picture: no answer ever comes', order: { fault: 'timeout_after_accept', on: 'media' } },
    { name: 'Picture: broken (500)', order: { fault: 'http_500', on: 'media' } },
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
