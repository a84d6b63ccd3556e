pub(super) mod finish;
