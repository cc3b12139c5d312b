// The handset: chooses a phone and a team number, shows their messages, and sends new ones. It polls the simulator and
// shows only what the simulator returns.

import { panel } from './faults.js';
import { another, parse, recent, remember, show } from './phones.js';
import { thread } from './thread.js';

const POLL_MS = 700;
const POLL_MS_HIDDEN = 4000;

const at = (id) => document.getElementById(id);
const log = thread(at('thread'));
const faults = panel(() => customer, order, clear);
const asked = new URLSearchParams(location.search);

let customer = parse(asked.get('customer') ?? '') ?? recent()[0] ?? '+447700900123';
let desk = parse(asked.get('desk') ?? '');
let numbers = [];
let seen = [];
let drawn = '';

async function call(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.status === 204 ? null : answer.json();
}

// Choosing a phone and a team number

function usePhone(number) {
  customer = number;
  remember(number);
  at('customer').value = show(number);
  at('customer-error').textContent = '';
  at('customer').removeAttribute('aria-invalid');
  started();
}

function started() {
  drawn = '';
  log.clear();
  const link = new URLSearchParams({ customer, ...(desk ? { desk } : {}) });
  history.replaceState(null, '', `?${link}`);
  drawRecent();
  refresh();
}

function drawRecent() {
  const phones = [...new Set([...recent(), ...seen])].slice(0, 6);
  const focused = document.activeElement?.dataset?.phone;
  at('recent').replaceChildren(
    ...phones.map((number) => {
      const item = document.createElement('li');
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'quiet';
      button.dataset.phone = number;
      button.textContent = show(number);
      if (number === customer) button.setAttribute('aria-current', 'true');
      button.addEventListener('click', () => usePhone(number));
      item.append(button);
      return item;
    }),
  );
  if (focused) document.querySelector(`[data-phone="${CSS.escape(focused)}"]`)?.focus();
}

function drawDesk() {
  const known = [...numbers];
  if (desk && !known.some(({ number }) => number === desk)) known.push({ number: desk, label: '' });
  desk ??= known[0]?.number ?? null;
  const select = at('desk');
  select.replaceChildren(
    ...known.map(({ number, label }) => {
      const alone = known.filter((other) => other.label === label).length === 1;
      return new Option(alone && label ? label : `${label} ${show(number)}`.trim(), number);
    }),
  );
  select.disabled = known.length === 0;
  if (desk) select.value = desk;
  at('desk-hint').textContent = known.length === 0 ? 'No team number is known yet.' : '';
  const label = known.find(({ number }) => number === desk)?.label;
  at('peer').textContent = label || (desk ? show(desk) : 'No team number yet');
  at('peer-number').textContent = label ? show(desk) : '';
  at('who-now').textContent = show(customer);
  at('avatar').textContent = (label || '#').slice(0, 1).toUpperCase();
}

// Showing messages and faults

async function refresh() {
  const number = customer;
  const [known, conversation, ordered] = await Promise.all([
    call('GET', '/simulator/numbers'),
    call('GET', `/simulator/threads?customer=${encodeURIComponent(number)}`),
    call('GET', '/simulator/faults'),
  ]);
  if (number !== customer) return;
  const picture = JSON.stringify([known, conversation, ordered, desk]);
  if (picture === drawn) return;
  drawn = picture;
  numbers = known.numbers;
  const newcomers = known.customers.join() !== seen.join();
  seen = known.customers;
  if (newcomers) drawRecent();
  drawDesk();
  log.show(conversation.texts.filter((text) => (text.direction === 'inbound' ? text.to : text.from) === desk));
  at('opted-out').hidden = !conversation.opted_out.includes(desk);
  faults.show(ordered.faults);
}

async function follow() {
  try {
    await refresh();
    if (at('notice').dataset.lost) say('');
  } catch {
    say('The simulator does not respond. Retrying.', true);
  }
  setTimeout(follow, document.hidden ? POLL_MS_HIDDEN : POLL_MS);
}

function say(words, lost = false) {
  at('notice').textContent = words;
  if (lost) at('notice').dataset.lost = 'true';
  else delete at('notice').dataset.lost;
}

// Sending messages and adding faults

async function order(fault) {
  try {
    await call('POST', '/simulator/faults', fault);
    await refresh();
  } catch {
    say('The fault could not be added. Try again.');
  }
}

async function clear(id) {
  try {
    await call('DELETE', id ? `/simulator/faults/${id}` : '/simulator/faults');
    await refresh();
  } catch {
    say('The fault could not be cleared. Try again.');
  }
}

async function write(body, media = []) {
  if (!desk) {
    say('No team number is known yet. Choose one first.');
    return false;
  }
  remember(customer);
  say('');
  try {
    const writing = call('POST', '/simulator/texts', { from: customer, to: desk, body, media });
    setTimeout(() => refresh().catch(() => {}), 30);
    await writing;
    await refresh();
    return true;
  } catch {
    say('The message was not sent. Try again.');
    return false;
  }
}

at('who').addEventListener('submit', (event) => {
  event.preventDefault();
  const number = parse(at('customer').value, desk ?? undefined);
  if (number) return usePhone(number);
  at('customer-error').textContent = 'This is not a complete phone number. Start with + and the country code.';
  at('customer').setAttribute('aria-invalid', 'true');
  at('customer').focus();
});

at('another').addEventListener('click', () => usePhone(another([...recent(), ...seen])));

at('desk').addEventListener('change', (event) => {
  desk = event.target.value;
  started();
});

for (const button of document.querySelectorAll('[data-text]')) {
  button.addEventListener('click', () => write(button.dataset.text));
}

at('composer').addEventListener('submit', async (event) => {
  event.preventDefault();
  const field = at('body');
  const media = at('picture').checked ? [{ content_type: 'image/png' }] : [];
  const body = field.value;
  if (!body.trim() && media.length === 0) return field.focus();
  field.value = '';
  at('picture').checked = false;
  field.focus();
  // Restores a message that could not be sent, unless the user has typed another one.
  if (!(await write(body, media)) && !field.value) field.value = body;
});

at('body').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    at('composer').requestSubmit();
  }
});

// On a small screen the phone comes first, and its number is one line above it.
at('who-details').open = !matchMedia('(max-width: 46rem)').matches;
at('customer').value = show(customer);
drawRecent();
follow();
