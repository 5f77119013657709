//! Which line belongs to which request, and what follows where there is none.
