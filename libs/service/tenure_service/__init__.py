"""The small kernel that every service stands on."""

from tenure_service.definition import Channel, Part, Runtime, ServiceDefinition
from tenure_service.fast import StreamRead
from tenure_service.moment import Asked, At, Moment
from tenure_service.platform import Platform, open_platform, run, serve
from tenure_service.problems import Problem, not_found
from tenure_service.quarantine_api import add_quarantine
from tenure_service.requests import Body, Instant, Mutation, Name, PageQuery, Read, ReceiptBody, Text, mutates, reads
from tenure_service.server import PortTaken, bound, new_loop
from tenure_service.settings import ServiceSettings, SettingsWrong, told_in_a_line
from tenure_service.tokens import Principal, TokenStore

__all__ = [
    "Asked",
    "At",
    "Body",
    "Channel",
    "Instant",
    "Moment",
    "Mutation",
    "Name",
    "PageQuery",
    "Part",
    "Platform",
    "PortTaken",
    "Principal",
    "Problem",
    "Read",
    "ReceiptBody",
    "Runtime",
    "ServiceDefinition",
    "ServiceSettings",
    "SettingsWrong",
    "StreamRead",
    "Text",
    "TokenStore",
    "add_quarantine",
    "bound",
    "mutates",
    "new_loop",
    "not_found",
    "open_platform",
    "reads",
    "run",
    "serve",
    "told_in_a_line",
]
