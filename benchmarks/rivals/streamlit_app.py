"""The page as a Streamlit app."""

import streamlit as st
from tasks_page import LANGUAGE_CHOICES, figures_of, month_choices, title

month = st.selectbox("Tháng · Month", month_choices())
language = st.selectbox("Ngôn ngữ · Language", LANGUAGE_CHOICES)

st.title(title(language))
for figure in figures_of(month, language):
    st.header(figure.heading)
    st.subheader(figure.title)
    if figure.chart is not None:
        st.altair_chart(figure.chart, theme=None, key=figure.figure_id)
    st.table(figure.table)
