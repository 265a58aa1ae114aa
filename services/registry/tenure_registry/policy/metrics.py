"""Which figures do the evidence runners report? A policy may name these; others it must list."""

KNOWN = frozenset(
    (
        "accuracy",
        "balanced_accuracy",
        "brier",
        "demographic_parity_difference",
        "equal_opportunity_difference",
        "equalized_odds_difference",
        "f1",
        "hit_rate",
        "log_loss",
        "mean_absolute_error",
        "precision",
        "r2",
        "recall",
        "robust_accuracy",
        "roc_auc",
        "root_mean_squared_error",
    )
)
