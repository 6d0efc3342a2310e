"""Scan statistics: where and when are there more cases than expected?"""
