"""The ledger of paid periods (R-P2, R-P3): ``store`` keeps entries in a chain, ``book`` reads them, ``lock`` closes a
period, ``clawback`` takes refunds back, ``revise`` books what later data change. See docs/ledger.md."""
