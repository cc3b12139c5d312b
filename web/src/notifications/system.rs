//! Notifications of the operating system, through the service worker, and their sound. The browser offers them only
//! with the agent's permission, and only on a secure address.

use leptos::prelude::*;
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AudioContext, MessageEvent, MessagePort, Notification, NotificationPermission, ServiceWorkerContainer,
    ServiceWorkerRegistration,
};

use crate::{router::Router, session::Session, tasks::spawn_detached};

/// What the browser says about notifications of this site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    /// The address is not secure, or the browser has no notifications.
    Unavailable,
    /// The agent has not been asked.
    NotAsked,
    /// The agent has allowed them.
    Granted,
    /// The agent has blocked them. Only the browser's settings can change that.
    Blocked,
}

/// A notification for the service worker to show.
#[derive(Serialize)]
struct Order {
    title: String,
    body: String,
    /// The page that a click opens. A newer notification with the same path replaces the older one.
    path: String,
}

/// Returns what the browser says at the moment.
pub(crate) fn permission() -> Permission {
    if !window().is_secure_context() || workers().is_none() || !has_notifications() {
        return Permission::Unavailable;
    }
    match Notification::permission() {
        NotificationPermission::Granted => Permission::Granted,
        NotificationPermission::Denied => Permission::Blocked,
        _ => Permission::NotAsked,
    }
}

/// Returns whether notifications are shown.
pub(crate) fn is_on() -> bool {
    permission() == Permission::Granted
}

/// Asks the agent for permission. Browsers require that a click leads here.
pub(crate) async fn ask() -> Permission {
    if let Ok(asked) = Notification::request_permission() {
        let _ = JsFuture::from(asked).await;
    }
    permission()
}

/// Answers the service worker until the current owner is disposed. It asks which page this tab shows, says that it has
/// shown a notification of this tab, and names the page of a notification that was clicked.
pub(super) fn connect(router: Router, session: Session) {
    let Some(workers) = workers() else { return };
    let answer = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
        match message.data().as_string().as_deref() {
            Some("?") => {
                if let Ok(port) = message.ports().get(0).dyn_into::<MessagePort>() {
                    let _ = port.post_message(&window().location().pathname().unwrap_or_default().into());
                }
            }
            Some("shown") if untrack(|| session.preferences(|own| own.sound)) => {
                let _ = play();
            }
            Some(path) if path.starts_with('/') => router.open(path),
            _ => {}
        }
    });
    workers.set_onmessage(Some(answer.as_ref().unchecked_ref()));
    let kept = StoredValue::new_local((workers, answer));
    on_cleanup(move || {
        kept.try_with_value(|(workers, _)| workers.set_onmessage(None));
    });
}

/// Shows a notification, unless a visible tab shows its page.
pub(crate) fn show(title: String, body: String, path: String) {
    spawn_detached(async move {
        let order = serde_json::to_string(&Order { title, body, path }).unwrap_or_default();
        if let Some(registration) = register().await
            && let Some(worker) = registration.active()
        {
            let _ = worker.post_message(&order.into());
        }
    });
}

/// Registers the service worker, or a newer version of it, and waits until it works.
async fn register() -> Option<ServiceWorkerRegistration> {
    let workers = workers()?;
    let script = document().query_selector("meta[name=service-worker]").ok()??.get_attribute("content")?;
    JsFuture::from(workers.register(&script)).await.ok()?;
    JsFuture::from(workers.ready().ok()?).await.ok()?.dyn_into().ok()
}

/// Plays two soft tones.
fn play() -> Result<(), JsValue> {
    let audio = AudioContext::new()?;
    let start = audio.current_time();
    for (pitch, begin) in [(659.25, start), (880.0, start + 0.12)] {
        let (tone, volume) = (audio.create_oscillator()?, audio.create_gain()?);
        tone.frequency().set_value_at_time(pitch, begin)?;
        volume.gain().set_value_at_time(0.12, begin)?;
        volume.gain().exponential_ramp_to_value_at_time(0.0001, begin + 0.4)?;
        tone.connect_with_audio_node(&volume)?.connect_with_audio_node(&audio.destination())?;
        tone.start_with_when(begin)?;
        tone.stop_with_when(begin + 0.4)?;
    }
    Ok(())
}

fn workers() -> Option<ServiceWorkerContainer> {
    js_sys::Reflect::get(&window().navigator(), &"serviceWorker".into()).ok()?.dyn_into().ok()
}

fn has_notifications() -> bool {
    js_sys::Reflect::has(&window(), &"Notification".into()).unwrap_or_default()
}
