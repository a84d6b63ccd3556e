//! One folder per noun, one file per verb.

mod health;
mod problems;

use crate::route;
use crate::route::Routes;

pub(crate) fn add(routes: Routes) -> Routes {
    let routes = route!(routes, health::live);
    route!(routes, problems::show)
}
