//! Observes the size of elements.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, HtmlElement, ResizeObserver};

/// Runs `act` when the element appears and whenever its size changes, until the current owner is disposed.
pub(crate) fn on_resize<E>(node: NodeRef<E>, act: impl Fn(&HtmlElement) + 'static)
where
    E: leptos::html::ElementType + 'static,
    E::Output: JsCast + Clone + 'static,
{
    let element =
        Signal::derive_local(move || node.get().and_then(|element| element.dyn_into::<HtmlElement>().ok()));
    observe(element, Box::new(act));
}

fn observe(element: Signal<Option<HtmlElement>, LocalStorage>, act: Box<dyn Fn(&HtmlElement)>) {
    let act = StoredValue::new_local(act);
    let observing = StoredValue::new_local(None::<(ResizeObserver, Closure<dyn Fn()>)>);
    Effect::new(move |_| {
        let Some(element) = element.get() else { return };
        let observed: Element = element.clone().into();
        let resized = Closure::<dyn Fn()>::new(move || {
            act.try_with_value(|act| act(&element));
        });
        if let Ok(observer) = ResizeObserver::new(resized.as_ref().unchecked_ref()) {
            observer.observe(&observed);
            observing.set_value(Some((observer, resized)));
        }
    });
    on_cleanup(move || {
        if let Some(Some((observer, _))) = observing.try_update_value(Option::take) {
            observer.disconnect();
        }
    });
}
