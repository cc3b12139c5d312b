//! The methods of a path, each with its handler.

use actix_web::{
    Route,
    web::{delete, get, post, put},
};

/// The methods of a path, each with its handler.
#[derive(Default)]
pub(super) struct Routes(pub(super) Vec<(&'static str, Route)>);

pub(super) fn methods() -> Routes {
    Routes::default()
}

macro_rules! define_methods {
    ($($name:ident => $method:literal;)*) => {
        impl Routes {
            $(pub(super) fn $name<F, Args>(mut self, handler: F) -> Self
            where
                F: actix_web::Handler<Args>,
                Args: actix_web::FromRequest + 'static,
                F::Output: actix_web::Responder + 'static,
            {
                self.0.push(($method, $name().to(handler)));
                self
            })*
        }
    };
}

define_methods! {
    get => "GET";
    post => "POST";
    put => "PUT";
    delete => "DELETE";
}

impl Routes {
    /// Returns the value of the header `Allow`.
    pub(super) fn allowed(&self) -> String {
        let methods: Vec<&str> = self.0.iter().map(|(method, _)| *method).collect();
        methods.join(", ")
    }
}
