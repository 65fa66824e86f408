"""Callbacks: code that runs at set points of fit, evaluate and predict."""

from __future__ import annotations

from nnfast.callbacks.backup_and_restore import BackupAndRestore
from nnfast.callbacks.callback import Callback
from nnfast.callbacks.callback_list import CallbackList
from nnfast.callbacks.early_stopping import EarlyStopping
from nnfast.callbacks.history import History
from nnfast.callbacks.learning_rates import LearningRateScheduler, ReduceLROnPlateau
from nnfast.callbacks.model_checkpoint import ModelCheckpoint
from nnfast.callbacks.monitor_callback import MonitorCallback
from nnfast.callbacks.progress import ProgbarLogger
from nnfast.callbacks.remote_monitor import RemoteMonitor
from nnfast.callbacks.small_callbacks import CSVLogger, LambdaCallback, TerminateOnNaN
from nnfast.callbacks.swap_ema_weights import SwapEMAWeights
from nnfast.callbacks.tensorboard import TensorBoard

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "MonitorCallback",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "RemoteMonitor",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
]
