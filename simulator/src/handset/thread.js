// The messages on the phone, oldest first. Message bodies are set as `textContent`, never as markup.

const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short' });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

const REASONS = new Map([
  [30003, 'phone off or out of reach'],
  [30004, 'blocked'],
  [30005, 'number does not exist'],
  [30006, 'landline'],
  [30007, 'filtered as spam'],
  [30008, 'unknown carrier fault'],
]);

/** Updates a log element from a list of messages, changing only what differs. */
export function thread(log) {
  let shown = new Map();
  let day = '';
  return {
    show(texts) {
      if (!texts.some((text) => shown.has(text.sid))) this.clear();
      for (const text of texts) {
        const known = shown.get(text.sid);
        if (known) update(known, text);
        else append(text);
      }
      if (texts.length === 0 && !log.firstChild) log.append(line('empty', 'No messages yet. Write one, or wait for one from the team.'));
    },
    clear() {
      shown = new Map();
      day = '';
      log.replaceChildren();
    },
  };

  function append(text) {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80 || shown.size === 0;
    const accepted = new Date(text.accepted_at);
    if (DAY.format(accepted) !== day) {
      day = DAY.format(accepted);
      log.append(line('day', day === DAY.format(new Date()) ? 'Today' : day));
    }
    const bubble = build(text, accepted);
    shown.set(text.sid, bubble);
    log.append(bubble.element);
    update(bubble, text);
    if (atEnd || text.direction === 'inbound') log.scrollTop = log.scrollHeight;
  }
}

function build(text, accepted) {
  const mine = text.direction === 'inbound';
  const element = document.createElement('article');
  element.className = mine ? 'text mine' : 'text theirs';
  const who = document.createElement('span');
  who.className = 'unseen';
  who.textContent = mine ? 'You: ' : 'Team: ';
  const bubble = document.createElement('div');
  bubble.className = 'bubble';
  for (const media of text.media) bubble.append(picture(media));
  const body = document.createElement('p');
  body.textContent = text.body;
  if (text.body) bubble.append(body);
  const meta = document.createElement('p');
  meta.className = 'meta';
  const time = document.createElement('time');
  time.dateTime = text.accepted_at;
  time.textContent = TIME.format(accepted);
  time.title = FULL.format(accepted);
  const state = document.createElement('span');
  meta.append(time, ' · ', state);
  element.append(who, bubble, meta);
  return { element, state };
}

function picture(media) {
  const image = document.createElement('img');
  image.src = `/simulator/media/${encodeURIComponent(media.sid)}`;
  image.alt = 'A picture';
  image.width = 240;
  image.height = 160;
  return image;
}

function update({ element, state }, text) {
  const [kind, words] = text.direction === 'inbound' ? ofMine(text) : ofTheirs(text);
  if (element.dataset.state !== kind) element.dataset.state = kind;
  if (state.textContent !== words) state.textContent = words;
}

/** Status of a message from the server. */
function ofTheirs(text) {
  switch (text.status) {
    case 'delivered':
      if (text.receipts.length === 0) return ['well', 'Delivered, without a receipt'];
      return ['well', text.receipts.length > 3 ? 'Delivered, each receipt sent twice' : 'Delivered'];
    case 'undelivered':
    case 'failed':
      return ['lost', `Never reached this phone: ${REASONS.get(text.error_code) ?? 'failed'} (${text.error_code})`];
    case 'sent':
      return ['pending', 'Sent, awaiting a receipt'];
    default:
      return ['pending', 'Queued'];
  }
}

/** Status of a message from this phone. */
function ofMine(text) {
  switch (text.webhook) {
    case 'delivered':
      return ['well', 'Received by the server'];
    case 'withheld':
      return ['lost', 'Webhook lost: the server must find the message'];
    case 'failed':
      return ['lost', text.webhook_status ? `Rejected by the server (HTTP ${text.webhook_status})` : 'The server did not respond'];
    case 'not_configured':
      return ['lost', 'No server is connected'];
    default:
      return ['pending', 'Sending'];
  }
}

function line(name, words) {
  const element = document.createElement('p');
  element.className = name;
  element.textContent = words;
  return element;
}
